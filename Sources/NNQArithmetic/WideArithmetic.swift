// SPDX-License-Identifier: Apache-2.0
// 31-bit multipliers of sums of int16 values (SPEC.md, section 5.2), and tables of exponentials for int16 differences.

import Foundation
import NNQFormat

/// `((q[0] * multipliers[0] + ...) * 2^15 + 2^(shift - 1)) >> shift`, which brings tensors to one output scale.
package struct WideSumArithmetic: Hashable {
    /// One an input, at most 2^31 - 1 in magnitude.
    package var multipliers: [Int32]
    /// 33 ... 62.
    package var shift: Int32

    /// With the largest shift, and so the finest multipliers, that there is.
    /// - Parameter signs: of the inputs, 1 or -1.
    /// - Returns: nil where an input's scale is more than 2^13 times the output's.
    package init?(inputs: [Quantization], signs: [Int], output: Quantization) {
        let ratios = zip(inputs, signs).map { Double($0.scale) / Double(output.scale) * Double($1) }
        for shift in stride(from: 62, through: 33, by: -1) {
            let multipliers = ratios.map { ($0 * Double(sign: .plus, exponent: shift - 15, significand: 1)).rounded() }
            guard multipliers.allSatisfy({ abs($0) <= Double(Int32.max) }) else { continue }
            self.multipliers = multipliers.map { Int32($0) }
            self.shift = Int32(shift)
            return
        }
        return nil
    }
}

extension Tables {
    /// `round(65535 * exp(-256 * d * scale))` for d = 0, 1, ... up to the last that is not 0, or to 255, and
    /// `round(65535 * exp(-d * scale))` for d = 0 ... 255: their products are the exponentials of all differences.
    package static func wideExponentials(scale: Float) -> (coarse: [UInt16], fine: [UInt16]) {
        func all(_ step: Double) -> [UInt16] {
            (0...255).map { UInt16((65535 * exp(-Double($0) * step * Double(scale))).rounded()) }
        }
        return (Array(all(256).prefix { $0 > 0 }), all(1))
    }
}
