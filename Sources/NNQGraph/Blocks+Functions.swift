// SPDX-License-Identifier: Apache-2.0
// Blocks of functions, sequences and layers for tensors of any rank.

/// A function of one element: `Activate(.hardSwish)`.
public struct Activate: LayerBlock {
    public let layer: Layer
    public init(_ function: Activation) { layer = .activation(function) }
}

/// ReLU with a trained slope for each channel below zero.
public struct PReLU: LayerBlock {
    public let layer = Layer.prelu
    public init() {}
}

/// Channels divided by their Euclidean length.
public struct L2Normalize: LayerBlock {
    public let layer = Layer.l2Normalize
    public init() {}
}

/// Largest value of each channel.
public struct GlobalMaxPool: LayerBlock {
    public let layer = Layer.globalMaxPool
    public init() {}
}

/// The place of the largest channel; for inference only.
public struct ArgMax: LayerBlock {
    public let layer = Layer.argMax
    public init() {}
}

/// The transpose of a convolution: a stride enlarges the map.
public struct TransposedConv2D: LayerBlock {
    public let layer: Layer
    public let name: String?

    public init(
        _ filters: Int, kernel: Pair, stride: Pair = 1, padding: Padding = .valid, dilation: Pair = 1,
        outputPadding: Pair = 0, groups: Int = 1, bias: Bool = true, name: String? = nil
    ) {
        let window = Window(kernel: kernel, stride: stride, dilation: dilation, padding: padding)
        layer = .transposedConv2D(
            filters: filters, window: window, outputPadding: outputPadding, groups: groups, bias: bias)
        self.name = name
    }
}

/// A map of other height and width.
public struct Resize: LayerBlock {
    public let layer: Layer

    public init(
        _ size: Pair, _ interpolation: Interpolation = .bilinear, _ coordinates: Coordinates = .halfPixel
    ) {
        layer = .resize(size, interpolation, coordinates)
    }
}

/// Part of a tensor; one number an axis.
public struct Slice: LayerBlock {
    public let layer: Layer

    public init(begin: [Int], size: [Int], step: [Int]? = nil) {
        layer = .slice(begin: begin, size: size, step: step ?? begin.map { _ in 1 })
    }
}

/// Axes in another order, as NumPy's transpose.
public struct Transpose: LayerBlock {
    public let layer: Layer
    public init(_ permutation: [Int]) { layer = .transpose(permutation) }
}

/// One value for all elements along some axes.
public struct Reduce: LayerBlock {
    public let layer: Layer

    public init(_ reduction: Reduction, axes: [Int], keepsExtents: Bool = false) {
        layer = .reduce(reduction, axes: axes, keepsExtents: keepsExtents)
    }
}

/// Rows of a trained table, chosen by the input's whole numbers.
public struct Embedding: LayerBlock {
    public let layer: Layer
    public let name: String?

    public init(_ count: Int, channels: Int, name: String? = nil) {
        layer = .embedding(count: count, channels: channels)
        self.name = name
    }
}

/// Long short-term memory over a sequence.
public struct LSTM: LayerBlock {
    public let layer: Layer
    public let name: String?

    public init(_ units: Int, name: String? = nil) {
        layer = .lstm(units: units)
        self.name = name
    }
}

/// Gated recurrent units over a sequence.
public struct GRU: LayerBlock {
    public let layer: Layer
    public let name: String?

    public init(_ units: Int, resetAfter: Bool = true, name: String? = nil) {
        layer = .gru(units: units, resetAfter: resetAfter)
        self.name = name
    }
}
