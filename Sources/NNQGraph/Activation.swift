// SPDX-License-Identifier: Apache-2.0
// The closed list of functions of one element.

/// A function of one element. The numbers given to it are finite.
public enum Activation: Hashable, Codable, Sendable {
    case relu
    /// `min(max(x, 0), 6)`
    case relu6
    /// `x < 0 ? slope * x : x`
    case leakyReLU(slope: Float)
    case sigmoid
    case tanh
    /// `x >= 0 ? 1 : 0`: the perceptron's. It has no useful gradient: inference only.
    case step
    /// `x > threshold ? x : 0`
    case thresholdedReLU(threshold: Float)
    /// `min(max(x, low), high)`
    case clip(low: Float, high: Float)
    /// `x * min(max(x + 3, 0), 6) / 6` (Howard et al., "Searching for MobileNetV3", 2019).
    case hardSwish
    /// `min(max(slope * x + offset, 0), 1)`
    case hardSigmoid(slope: Float, offset: Float)
    /// `x * sigmoid(x)`, also called swish.
    case silu
    /// `x * (1 + erf(x / sqrt(2))) / 2` (Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016).
    case gelu
    /// GELU's approximation by tanh: `x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) / 2`.
    case geluTanh
    /// `x * tanh(softplus(x))`
    case mish
    /// `x < 0 ? alpha * (exp(x) - 1) : x`
    case elu(alpha: Float)
    /// `gamma * (x < 0 ? alpha * (exp(x) - 1) : x)`
    case selu(alpha: Float, gamma: Float)
    /// `x < 0 ? alpha * (exp(x / alpha) - 1) : x`
    case celu(alpha: Float)
    /// `log(1 + exp(x))`
    case softplus
    /// `x / (1 + |x|)`
    case softsign
    case exp
    /// The natural logarithm.
    case log
    case sqrt
    case square
    /// `1 / x`
    case reciprocal
    case abs
    /// `-x`
    case negate
    /// The error function.
    case erf
    case sin
    case cos
    /// -1, 0 or 1.
    case sign
    case floor
    case ceil
    /// To the nearest whole number, halves to the even one.
    case round
}

extension Activation {
    public var keyword: String {
        switch self {
        case .relu: "relu"
        case .relu6: "relu6"
        case .leakyReLU: "leaky_relu"
        case .sigmoid: "sigmoid"
        case .tanh: "tanh"
        case .step: "step"
        case .thresholdedReLU: "thresholded_relu"
        case .clip: "clip"
        case .hardSwish: "hard_swish"
        case .hardSigmoid: "hard_sigmoid"
        case .silu: "silu"
        case .gelu: "gelu"
        case .geluTanh: "gelu_tanh"
        case .mish: "mish"
        case .elu: "elu"
        case .selu: "selu"
        case .celu: "celu"
        case .softplus: "softplus"
        case .softsign: "softsign"
        case .exp: "exp"
        case .log: "log"
        case .sqrt: "sqrt"
        case .square: "square"
        case .reciprocal: "reciprocal"
        case .abs: "abs"
        case .negate: "negate"
        case .erf: "erf"
        case .sin: "sin"
        case .cos: "cos"
        case .sign: "sign"
        case .floor: "floor"
        case .ceil: "ceil"
        case .round: "round"
        }
    }
}
