// SPDX-License-Identifier: Apache-2.0
// How a tensor's values lie on the integers of int8, while the scale may still move.

import Foundation
import NNQFormat

/// A quantization whose scale is learned, or that of pixels.
struct TensorScale {
    private let log2Scale: Memory?
    private let fixedScale: Float
    private let zeroPoint: Int8

    init(log2Scale: Memory, zeroPoint: Int) {
        self.log2Scale = log2Scale
        fixedScale = 0
        self.zeroPoint = Int8(zeroPoint)
    }

    init(_ fixed: Quantization) {
        log2Scale = nil
        fixedScale = fixed.scale
        zeroPoint = fixed.zeroPoint
    }

    /// What it is now; only in a step that touches `memories`.
    var quantization: Quantization {
        Quantization(scale: log2Scale.map { exp2f($0.floats[0]) } ?? fixedScale, zeroPoint: zeroPoint)
    }

    var memories: [Memory] { log2Scale.map { [$0] } ?? [] }

    static func == (left: TensorScale, right: TensorScale) -> Bool {
        left.log2Scale === right.log2Scale && left.fixedScale == right.fixedScale && left.zeroPoint == right.zeroPoint
    }
}
