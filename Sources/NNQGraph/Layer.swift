// SPDX-License-Identifier: Apache-2.0
// The closed list of layers that a float graph is made of.

/// One operation of a float graph. Maps are NHWC; a convolution's filter is
/// `[out_c, kernel_h, kernel_w, in_c / groups]`. Axes count from 0, the outermost; below 0, from the end: -1 is the
/// channels.
public indirect enum Layer: Hashable, Codable, Sendable {
    /// A tensor that the caller provides.
    case input(Shape)
    /// The same tensor for every sample: the parameter `value`, which training leaves alone.
    case constant(Shape)
    /// `output = filter * input + bias`, over all elements of the input: filter `[units, features]`.
    case dense(units: Int, bias: Bool)
    /// Cross-correlation over rows and columns; `groups` divides both channel counts.
    case conv2D(filters: Int, window: Window, groups: Int, bias: Bool)
    /// Each input channel has `multiplier` filters of its own: filter `[in_c * multiplier, kernel_h, kernel_w, 1]`.
    case depthwiseConv2D(multiplier: Int, window: Window, bias: Bool)
    /// The transpose of a convolution: each input pixel adds its multiple of the filter to the output, `stride` apart
    /// (Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016). Padding is cut off the
    /// output; `outputPadding` adds rows below and columns on the right. With padding `same`, the output is `stride`
    /// times the input. Filter `[out_c, kernel_h, kernel_w, in_c / groups]`.
    case transposedConv2D(filters: Int, window: Window, outputPadding: Pair, groups: Int, bias: Bool)
    /// Largest value under the window; padding never wins.
    case maxPool(Window)
    /// Mean of the values under the window; padding does not count.
    case averagePool(Window)
    /// Mean over rows and columns: `[h, w, c]` to `[c]`.
    case globalAveragePool
    /// Largest value over rows and columns: `[h, w, c]` to `[c]`.
    case globalMaxPool
    /// `gamma * (x - mean) / sqrt(variance + epsilon) + beta` per channel; running statistics move by `momentum`
    /// towards each batch's (`running = (1 - momentum) * running + momentum * batch`).
    case batchNorm(epsilon: Float, momentum: Float)
    case activation(Activation)
    /// `x < 0 ? slope * x : x` with a trained slope for each channel: parameter `slope` (He et al., "Delving Deep into
    /// Rectifiers", 2015).
    case prelu
    /// Softmax over the channels.
    case softmax
    /// Each position's channels divided by their Euclidean length, or by 1e-6 where that is smaller.
    case l2Normalize
    /// Sum of two tensors, broadcast as by NumPy: where one has an extent of 1, or lacks an outer one, it repeats.
    case add
    /// A function of two tensors' elements, broadcast likewise.
    case binary(BinaryFunction)
    /// Matrix product over the two innermost axes, outer ones broadcast: `[m, k]` and `[k, n]` to `[m, n]`. A vector on
    /// the left is a row, one on the right a column, and the result lacks that axis. A transposed operand has its two
    /// innermost axes swapped first.
    case matmul(transposesA: Bool, transposesB: Bool)
    /// Joined along an axis; nil is the channels.
    case concat(axis: Int? = nil)
    case flatten
    case reshape(Shape)
    /// During training, zeroes elements with this probability and scales the rest by `1 / (1 - rate)`.
    case dropout(rate: Float)
    /// A border of zeros.
    case pad(Margins)
    /// Element `i` of an axis is the input's `begin + i * step`; one number an axis. Steps may be negative, not 0.
    case slice(begin: [Int], size: [Int], step: [Int])
    /// Output axis `i` is the input's axis `permutation[i]`, as in NumPy.
    case transpose([Int])
    /// A map of other height and width.
    case resize(Pair, Interpolation, Coordinates)
    /// One value for all elements along the axes, which vanish, or stay with extent 1. Of a whole tensor: `[1]`.
    case reduce(Reduction, axes: [Int], keepsExtents: Bool)
    /// The place of the largest channel, the first of several: an extent of 1 is left.
    case argMax
    /// Row `input` of the parameter `weight`, `[count, channels]`, for each element of the input, which is a whole
    /// number and taken into `0..<count`: `[t]` to `[t, channels]`.
    case embedding(count: Int, channels: Int)
    /// Long short-term memory from a state of zeros: `[t, features]` to `[t, units]` (Hochreiter and Schmidhuber, "Long
    /// Short-Term Memory", 1997; forget gate after Gers et al., 2000). Gates i, f, g, o:
    /// `c = f * c + i * g`, `h = o * tanh(c)`. Parameters `weight` `[4 * units, features]`, `recurrent_weight`
    /// `[4 * units, units]`, `bias` `[4 * units]`.
    case lstm(units: Int)
    /// Gated recurrent unit from a state of zeros: `[t, features]` to `[t, units]` (Cho et al., "Learning Phrase
    /// Representations using RNN Encoder-Decoder for Statistical Machine Translation", 2014). Gates z, r, n:
    /// `h = (1 - z) * n + z * h`; n reads `r * (recurrent_weight * h + recurrent_bias)` where `resetAfter`, else
    /// `recurrent_weight * (r * h) + recurrent_bias`. Parameters as of `lstm`, with 3 for 4, and `recurrent_bias`
    /// `[3 * units]`.
    case gru(units: Int, resetAfter: Bool)
}

extension Layer {
    /// The word that recipes, reports and default node names use.
    public var keyword: String {
        switch self {
        case .input: "input"
        case .constant: "constant"
        case .dense: "dense"
        case .conv2D: "conv2d"
        case .depthwiseConv2D: "depthwise_conv2d"
        case .transposedConv2D: "transposed_conv2d"
        case .maxPool: "max_pool"
        case .averagePool: "average_pool"
        case .globalAveragePool: "global_average_pool"
        case .globalMaxPool: "global_max_pool"
        case .batchNorm: "batch_norm"
        case .activation(let function): function.keyword
        case .prelu: "prelu"
        case .softmax: "softmax"
        case .l2Normalize: "l2_normalize"
        case .add: "add"
        case .binary(let function): function.rawValue
        case .matmul: "matmul"
        case .concat: "concat"
        case .flatten: "flatten"
        case .reshape: "reshape"
        case .dropout: "dropout"
        case .pad: "pad"
        case .slice: "slice"
        case .transpose: "transpose"
        case .resize: "resize"
        case .reduce(let reduction, _, _): "reduce_\(reduction.rawValue)"
        case .argMax: "arg_max"
        case .embedding: "embedding"
        case .lstm: "lstm"
        case .gru: "gru"
        }
    }
}
