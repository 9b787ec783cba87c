// SPDX-License-Identifier: Apache-2.0
// What each function of one element is, in double precision.

import Foundation

extension Activation {
    /// The value at `x`, in float.
    public func callAsFunction(_ x: Float) -> Float { Float(value(at: Double(x))) }

    /// The value at `x`, in double precision.
    public func value(at x: Double) -> Double {
        switch self {
        case .relu: max(x, 0)
        case .relu6: min(max(x, 0), 6)
        case .leakyReLU(let slope): x < 0 ? Double(slope) * x : x
        case .thresholdedReLU(let threshold): x > Double(threshold) ? x : 0
        case .clip(let low, let high): min(max(x, Double(low)), Double(high))
        case .step: x >= 0 ? 1 : 0
        case .sigmoid: 1 / (1 + Foundation.exp(-x))
        case .tanh: Foundation.tanh(x)
        case .hardSwish: x * min(max(x + 3, 0), 6) / 6
        case .hardSigmoid(let slope, let offset): min(max(Double(slope) * x + Double(offset), 0), 1)
        case .silu: x / (1 + Foundation.exp(-x))
        case .gelu: x * (1 + Foundation.erf(x * 0.5.squareRoot())) / 2
        case .geluTanh: x * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))) / 2
        case .mish: x * Foundation.tanh(Self.softplus(x))
        case .elu(let alpha): x < 0 ? Double(alpha) * expm1(x) : x
        case .selu(let alpha, let gamma): Double(gamma) * (x < 0 ? Double(alpha) * expm1(x) : x)
        case .celu(let alpha): x < 0 ? Double(alpha) * expm1(x / Double(alpha)) : x
        case .softplus: Self.softplus(x)
        case .softsign: x / (1 + x.magnitude)
        case .exp: Foundation.exp(x)
        case .log: Foundation.log(x)
        case .sqrt: x.squareRoot()
        case .square: x * x
        case .reciprocal: 1 / x
        case .abs: x.magnitude
        case .negate: -x
        case .erf: Foundation.erf(x)
        case .sin: Foundation.sin(x)
        case .cos: Foundation.cos(x)
        case .sign: x > 0 ? 1 : x < 0 ? -1 : 0
        case .floor: x.rounded(.down)
        case .ceil: x.rounded(.up)
        case .round: x.rounded(.toNearestOrEven)
        }
    }

    /// Does not overflow for large `x`.
    private static func softplus(_ x: Double) -> Double { max(x, 0) + log1p(Foundation.exp(-x.magnitude)) }
}
