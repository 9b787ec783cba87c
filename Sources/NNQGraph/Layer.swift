// SPDX-License-Identifier: Apache-2.0
// The closed list of layers that a float graph is made of.

/// One operation of a float graph. Maps are NHWC; a convolution's filter is
/// `[out_c, kernel_h, kernel_w, in_c / groups]`.
public indirect enum Layer: Hashable, Codable, Sendable {
    /// A tensor that the caller provides.
    case input(Shape)
    /// `output = filter * input + bias`, over all elements of the input: filter `[units, features]`.
    case dense(units: Int, bias: Bool)
    /// Cross-correlation over rows and columns; `groups` divides both channel counts.
    case conv2D(filters: Int, window: Window, groups: Int, bias: Bool)
    /// Each input channel has `multiplier` filters of its own: filter `[in_c * multiplier, kernel_h, kernel_w, 1]`.
    case depthwiseConv2D(multiplier: Int, window: Window, bias: Bool)
    /// Largest value under the window; padding never wins.
    case maxPool(Window)
    /// Mean of the values under the window; padding does not count.
    case averagePool(Window)
    /// Mean over rows and columns: `[h, w, c]` to `[c]`.
    case globalAveragePool
    /// `gamma * (x - mean) / sqrt(variance + epsilon) + beta` per channel; running statistics move by `momentum`
    /// towards each batch's (`running = (1 - momentum) * running + momentum * batch`).
    case batchNorm(epsilon: Float, momentum: Float)
    case activation(Activation)
    /// Softmax over the channels.
    case softmax
    /// Sum of two tensors of one shape.
    case add
    /// Joined along the channels.
    case concat
    case flatten
    case reshape(Shape)
    /// During training, zeroes elements with this probability and scales the rest by `1 / (1 - rate)`.
    case dropout(rate: Float)
    /// A border of zeros.
    case pad(Margins)
}

/// A function of one element.
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

    /// The value at `x`.
    @inlinable
    public func callAsFunction(_ x: Float) -> Float {
        switch self {
        case .relu: max(x, 0)
        case .relu6: min(max(x, 0), 6)
        case .leakyReLU(let slope): x < 0 ? slope * x : x
        case .sigmoid: 1 / (1 + Self.exponential(-x))
        case .tanh: Self.hyperbolicTangent(x)
        case .step: x >= 0 ? 1 : 0
        }
    }
}

extension Layer {
    /// The word that recipes, reports and default node names use.
    public var keyword: String {
        switch self {
        case .input: "input"
        case .dense: "dense"
        case .conv2D: "conv2d"
        case .depthwiseConv2D: "depthwise_conv2d"
        case .maxPool: "max_pool"
        case .averagePool: "average_pool"
        case .globalAveragePool: "global_average_pool"
        case .batchNorm: "batch_norm"
        case .activation(let function): function.keyword
        case .softmax: "softmax"
        case .add: "add"
        case .concat: "concat"
        case .flatten: "flatten"
        case .reshape: "reshape"
        case .dropout: "dropout"
        case .pad: "pad"
        }
    }
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
        }
    }
}
