// SPDX-License-Identifier: Apache-2.0
// Where the rows or columns of a resized map come from, in TensorFlow Lite's arithmetic.

import NNQFormat

struct TFLiteResizing {
    private let input: Int
    private let output: Int
    private let isAligned: Bool
    private let isHalf: Bool

    /// - Parameter input, output: extents, 1 to 65535.
    init(_ input: Int, _ output: Int, isAligned: Bool, isHalf: Bool) {
        (self.input, self.output) = (input, output)
        (self.isAligned, self.isHalf) = (isAligned, isHalf)
    }

    private var stretchesEnds: Bool { isAligned && output > 1 }

    /// The nearest element, in single precision.
    var nearest: [UInt16] {
        let scale = stretchesEnds ? Float(input - 1) / Float(output - 1) : Float(input) / Float(output)
        return (0..<output).map { index in
            let place = (Float(index) + (isHalf ? 0.5 : 0)) * scale
            let rounded = place.rounded(isAligned ? .toNearestOrAwayFromZero : .down)
            return UInt16(max(0, min(Int(rounded), input - 1)))
        }
    }

    /// The lower neighbour and the way to the upper one, in units of 1/1024.
    var bilinear: [ResizePosition] {
        let scale =
            stretchesEnds
            ? (1024 * (input - 1) + (output - 1) / 2) / (output - 1) : (1024 * input + output / 2) / output
        return (0..<output).map { index in
            let place = index * scale + (isHalf ? scale / 2 - 512 : 0)
            let lower = min(max(place / 1024, 0), input - 1)
            let upper = min((place + 1023) / 1024, input - 1)
            let fraction = upper <= lower ? 0 : place - 1024 * lower
            return ResizePosition(lower: UInt16(lower), fraction: UInt16(min(max(fraction, 0), 1023)))
        }
    }
}
