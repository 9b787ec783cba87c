// SPDX-License-Identifier: Apache-2.0
// The blocks that models are built from.

/// A block that is one layer.
public protocol LayerBlock: Block {
    var layer: Layer { get }
    var name: String? { get }
}

extension LayerBlock {
    public var name: String? { nil }

    public func append(to graph: inout Graph, after input: Int) -> Int {
        graph.append(layer, inputs: [input], name: name)
    }
}

/// Every element of the input to every unit.
public struct Dense: LayerBlock {
    public let layer: Layer
    public let name: String?

    public init(_ units: Int, bias: Bool = true, name: String? = nil) {
        layer = .dense(units: units, bias: bias)
        self.name = name
    }
}

/// Convolution over rows and columns.
public struct Conv2D: LayerBlock {
    public let layer: Layer
    public let name: String?

    public init(
        _ filters: Int, kernel: Pair, stride: Pair = 1, padding: Padding = .valid, dilation: Pair = 1, groups: Int = 1,
        bias: Bool = true, name: String? = nil
    ) {
        let window = Window(kernel: kernel, stride: stride, dilation: dilation, padding: padding)
        layer = .conv2D(filters: filters, window: window, groups: groups, bias: bias)
        self.name = name
    }
}

/// Convolution of each channel by itself.
public struct DepthwiseConv2D: LayerBlock {
    public let layer: Layer
    public let name: String?

    public init(
        kernel: Pair, stride: Pair = 1, padding: Padding = .valid, dilation: Pair = 1, multiplier: Int = 1,
        bias: Bool = true, name: String? = nil
    ) {
        let window = Window(kernel: kernel, stride: stride, dilation: dilation, padding: padding)
        layer = .depthwiseConv2D(multiplier: multiplier, window: window, bias: bias)
        self.name = name
    }
}

/// Largest value under a window; its stride is its size unless given.
public struct MaxPool: LayerBlock {
    public let layer: Layer

    public init(_ size: Pair, stride: Pair? = nil, padding: Padding = .valid) {
        layer = .maxPool(Window(kernel: size, stride: stride ?? size, padding: padding))
    }
}

/// Mean of the values under a window; its stride is its size unless given.
public struct AveragePool: LayerBlock {
    public let layer: Layer

    public init(_ size: Pair, stride: Pair? = nil, padding: Padding = .valid) {
        layer = .averagePool(Window(kernel: size, stride: stride ?? size, padding: padding))
    }
}

/// Mean of each channel.
public struct GlobalAveragePool: LayerBlock {
    public let layer = Layer.globalAveragePool
    public init() {}
}

/// Batch normalization (Ioffe and Szegedy, 2015).
public struct BatchNorm: LayerBlock {
    public let layer: Layer

    public init(epsilon: Float = 1e-3, momentum: Float = 0.1) {
        layer = .batchNorm(epsilon: epsilon, momentum: momentum)
    }
}

public struct ReLU: LayerBlock {
    public let layer = Layer.activation(.relu)
    public init() {}
}

public struct ReLU6: LayerBlock {
    public let layer = Layer.activation(.relu6)
    public init() {}
}

public struct LeakyReLU: LayerBlock {
    public let layer: Layer
    public init(slope: Float = 0.01) { layer = .activation(.leakyReLU(slope: slope)) }
}

public struct Sigmoid: LayerBlock {
    public let layer = Layer.activation(.sigmoid)
    public init() {}
}

public struct Tanh: LayerBlock {
    public let layer = Layer.activation(.tanh)
    public init() {}
}

/// The perceptron's threshold; for inference only.
public struct Step: LayerBlock {
    public let layer = Layer.activation(.step)
    public init() {}
}

public struct Softmax: LayerBlock {
    public let layer = Layer.softmax
    public init() {}
}

public struct Flatten: LayerBlock {
    public let layer = Layer.flatten
    public init() {}
}

public struct Reshape: LayerBlock {
    public let layer: Layer
    public init(_ shape: Shape) { layer = .reshape(shape) }
}

public struct Dropout: LayerBlock {
    public let layer: Layer
    public init(_ rate: Float) { layer = .dropout(rate: rate) }
}

/// A border of zeros.
public struct Pad: LayerBlock {
    public let layer: Layer

    public init(top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0) {
        layer = .pad(Margins(top: top, bottom: bottom, left: left, right: right))
    }
}
