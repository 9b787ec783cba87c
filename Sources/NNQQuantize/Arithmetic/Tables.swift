// SPDX-License-Identifier: Apache-2.0
// Functions of one int8 value as exact tables, computed in double precision.

import Foundation
import NNQFormat
import NNQGraph

/// The tables of the ops table and softmax.
package enum Tables {
    /// By `q + 128`: the int8 value nearest to the function of the real value, saturated.
    package static func values(of function: Activation, input: Quantization, output: Quantization) -> [Int8] {
        (-128...127).map { q in
            let real = Double(input.scale) * Double(q - Int(input.zeroPoint))
            let steps = (function.value(at: real) / Double(output.scale) + 0.5).rounded(.down)
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
    /// The value in double precision.
    func value(at x: Double) -> Double {
        switch self {
        case .relu: max(x, 0)
        case .relu6: min(max(x, 0), 6)
        case .leakyReLU(let slope): x < 0 ? Double(slope) * x : x
        case .sigmoid: 1 / (1 + exp(-x))
        case .tanh: Foundation.tanh(x)
        case .step: x >= 0 ? 1 : 0
        }
    }

    /// The output's quantization where the function's own range decides it.
    package var fixedOutput: Quantization? {
        switch self {
        case .sigmoid: Quantization(scale: 0x1p-8, zeroPoint: -128)
        case .tanh: Quantization(scale: 0x1p-7, zeroPoint: 0)
        // 1 is the largest value, on a step.
        case .step: Quantization(scale: 1 / 255, zeroPoint: -128)
        case .relu, .relu6, .leakyReLU: nil
        }
    }

    /// Limits of an int8 output for functions that only clamp, else nil.
    func limits(_ output: Quantization) -> ClosedRange<Int>? {
        let zero = Int(output.zeroPoint)
        switch self {
        case .relu: return zero...127
        case .relu6:
            let steps = (6 / Double(output.scale)).rounded()
            return zero...Int(min(Double(zero) + steps, 127))
        default: return nil
        }
    }
}
