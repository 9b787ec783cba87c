// SPDX-License-Identifier: Apache-2.0
// Functions of one int8 value as exact tables, computed in double precision.

import Foundation
import NNQFormat
import NNQGraph

/// The tables of the ops table and softmax.
package enum Tables {
    /// By `q + 128`: the int8 value nearest to the function of the real value, saturated; zero's where the function
    /// has none.
    package static func values(of function: Activation, input: Quantization, output: Quantization) -> [Int8] {
        values(input: input, output: output, function.value)
    }

    /// The identity, from one quantization to another.
    package static func conversion(from input: Quantization, to output: Quantization) -> [Int8] {
        values(input: input, output: output) { $0 }
    }

    private static func values(
        input: Quantization, output: Quantization, _ function: (Double) -> Double
    ) -> [Int8] {
        (-128...127).map { q in
            let value = function(Double(input.scale) * Double(q - Int(input.zeroPoint)))
            let steps = ((value.isNaN ? 0 : value) / Double(output.scale) + 0.5).rounded(.down)
            return Int8(min(max(steps + Double(output.zeroPoint), -128), 127))
        }
    }

    /// `round(65535 * exp(-d * scale))` for d = 0, 1, ... up to the last that is not 0, or to 255.
    package static func exponentials(scale: Float) -> [UInt16] {
        let all = (0...255).map { UInt16((65535 * exp(-Double($0) * Double(scale))).rounded()) }
        return Array(all.prefix { $0 > 0 })
    }
}

extension Activation {
    /// The output's quantization where the function's own range decides it.
    package var fixedOutput: Quantization? {
        switch self {
        case .sigmoid, .hardSigmoid: Quantization(scale: 0x1p-8, zeroPoint: -128)
        case .tanh, .softsign, .erf, .sin, .cos: Quantization(scale: 0x1p-7, zeroPoint: 0)
        // 1 is the largest value, on a step.
        case .step: Quantization(scale: 1 / 255, zeroPoint: -128)
        // -1 and 1 are on steps.
        case .sign: Quantization(scale: 1 / 127, zeroPoint: 0)
        default: nil
        }
    }

    /// Whether the function only clamps.
    package var isClamp: Bool {
        switch self {
        case .relu, .relu6, .clip: true
        default: false
        }
    }

    /// Limits of an int8 output for functions that only clamp, else nil.
    package func limits(_ output: Quantization) -> ClosedRange<Int>? {
        func place(_ real: Float) -> Int {
            Int(min(max(Double(output.zeroPoint) + (Double(real) / Double(output.scale)).rounded(), -128), 127))
        }
        switch self {
        case .relu: return place(0)...127
        case .relu6: return place(0)...place(6)
        case .clip(let low, let high): return place(low)...place(high)
        default: return nil
        }
    }
}
