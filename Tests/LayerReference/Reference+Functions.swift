// SPDX-License-Identifier: Apache-2.0
// Functions of one element by their definition.

import Foundation
import NNQGraph

extension Activation {
    /// The value at `x`.
    package func reference(_ x: Double) -> Double {
        switch self {
        case .relu: return x > 0 ? x : 0
        case .relu6: return x < 0 ? 0 : x > 6 ? 6 : x
        case .leakyReLU(let slope): return x < 0 ? Double(slope) * x : x
        case .sigmoid: return 0.5 * (1 + Foundation.tanh(x / 2))
        case .tanh: return 1 - 2 / (Foundation.exp(2 * x) + 1)
        case .step: return x < 0 ? 0 : 1
        case .thresholdedReLU(let threshold): return x > Double(threshold) ? x : 0
        case .clip(let low, let high): return x < Double(low) ? Double(low) : x > Double(high) ? Double(high) : x
        case .hardSwish: return x <= -3 ? 0 : x >= 3 ? x : x * (x + 3) / 6
        case .hardSigmoid(let slope, let offset):
            let line = Double(slope) * x + Double(offset)
            return line < 0 ? 0 : line > 1 ? 1 : line
        case .silu: return x * 0.5 * (1 + Foundation.tanh(x / 2))
        case .gelu: return x * 0.5 * erfc(-x / 2.0.squareRoot())
        case .geluTanh:
            let inner = 0.7978845608028654 * (x + 0.044715 * pow(x, 3))
            return x / (1 + Foundation.exp(-2 * inner))
        case .mish: return x * Foundation.tanh(Foundation.log(1 + Foundation.exp(x)))
        case .elu(let alpha): return x < 0 ? Double(alpha) * (Foundation.exp(x) - 1) : x
        case .selu(let alpha, let gamma):
            return Double(gamma) * (x < 0 ? Double(alpha) * (Foundation.exp(x) - 1) : x)
        case .celu(let alpha): return x < 0 ? Double(alpha) * (Foundation.exp(x / Double(alpha)) - 1) : x
        case .softplus: return Foundation.log(1 + Foundation.exp(x))
        case .softsign: return x < 0 ? x / (1 - x) : x / (1 + x)
        case .exp: return pow(M_E, x)
        case .log: return log2(x) / log2(M_E)
        case .sqrt: return pow(x, 0.5)
        case .square: return pow(x, 2)
        case .reciprocal: return pow(x, -1)
        case .abs: return x < 0 ? -x : x
        case .negate: return 0 - x
        case .erf: return 1 - erfc(x)
        case .sin: return Foundation.cos(x - .pi / 2)
        case .cos: return Foundation.sin(x + .pi / 2)
        case .sign: return x == 0 ? 0 : x / (x < 0 ? -x : x)
        case .floor: return -Foundation.ceil(-x)
        case .ceil: return -Foundation.floor(-x)
        case .round: return rint(x)
        }
    }
}
