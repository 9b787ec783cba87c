// SPDX-License-Identifier: Apache-2.0
// Float models that together have every layer, to be exported.

import NNQGraph

/// Models by name.
enum ExportModels {
    static let all: [(name: String, input: Shape, layers: [Layer])] = [
        (
            "lenet5", [28, 28, 1],
            [
                conv(6, 5, .same), .activation(.tanh), .averagePool(Window(kernel: 2, stride: 2)), conv(16, 5),
                .activation(.tanh), .averagePool(Window(kernel: 2, stride: 2)), .flatten, .activation(.relu),
                .dense(units: 120, bias: true), .dense(units: 10, bias: false), .softmax,
            ]
        ),
        (
            "mobilenet", [12, 12, 3],
            [
                conv(8, 3, .same, stride: 2), .batchNorm(epsilon: 1e-3, momentum: 0.1), .activation(.relu6),
                .depthwiseConv2D(multiplier: 2, window: Window(kernel: 3, padding: .same), bias: false),
                .activation(.hardSwish), conv(4, 1), .pad(Margins(top: 1, left: 2)), .globalAveragePool,
                .dropout(rate: 0.5), .dense(units: 3, bias: true),
            ]
        ),
        (
            "maps", [7, 6, 4],
            [
                .transposedConv2D(
                    filters: 6, window: Window(kernel: 3, stride: 2, padding: .same), outputPadding: Pair(0, 0),
                    groups: 2,
                    bias: true), .prelu, .maxPool(Window(kernel: 3, stride: 2, padding: .same)), .l2Normalize,
                .resize(Pair(9, 5), .bilinear, .halfPixel), .resize(Pair(5, 10), .nearest(.floor), .asymmetric),
                .slice(begin: [4, 0, 1], size: [3, 5, 4], step: [-2, 2, 1]), .softmax,
                .reduce(.sum, axes: [0], keepsExtents: true), .reduce(.mean, axes: [1], keepsExtents: false),
                .batchNorm(epsilon: 1e-3, momentum: 0.1), .transpose([1, 0]), .reshape([2, 1, 2]), .globalMaxPool,
                .argMax,
            ]
        ),
        (
            "steps", [5, 3],
            [
                .lstm(units: 4), .gru(units: 3, resetAfter: true), .gru(units: 2, resetAfter: false),
                .reduce(.maximum, axes: [0, 1], keepsExtents: false),
            ]
        ),
        ("functions", [10], functions.map { .activation($0) }),
        ("words", [6], [.embedding(count: 2, channels: 3), .reduce(.minimum, axes: [0], keepsExtents: false)]),
    ]

    private static let functions: [Activation] = [
        .clip(low: -0.9, high: 0.8), .leakyReLU(slope: 0.3), .sigmoid, .thresholdedReLU(threshold: 0.1), .square,
        .hardSigmoid(slope: 0.3, offset: 0.4), .silu, .gelu, .geluTanh, .mish, .elu(alpha: 0.7),
        .selu(alpha: 1.6, gamma: 1.1), .celu(alpha: 0.5), .softplus, .softsign, .exp, .log, .abs, .sqrt, .negate, .erf,
        .sin, .cos, .reciprocal,
    ]

    private static func conv(_ filters: Int, _ kernel: Pair, _ padding: Padding = .valid, stride: Pair = 1) -> Layer {
        .conv2D(
            filters: filters, window: Window(kernel: kernel, stride: stride, padding: padding), groups: 1, bias: true)
    }

    /// A model of layers one after the other.
    static func chain(_ input: Shape, _ layers: [Layer]) throws -> Model {
        var graph = Graph()
        var last = graph.append(.input(input), inputs: [])
        for layer in layers { last = graph.append(layer, inputs: [last]) }
        graph.outputs = [last]
        return try Model(graph: graph, seed: 5)
    }

    /// Residual blocks as of ResNet-8: sums, and a shortcut that halves the map; a gate for each channel, joins and
    /// products.
    static func branches() throws -> Model {
        var graph = Graph()
        let input = graph.append(.input([8, 8, 3]), inputs: [])
        let stem = graph.append(conv(6, 3, .same), inputs: [input])
        let main = graph.append(conv(6, 3, .same), inputs: [stem])
        let sum = graph.append(.activation(.relu), inputs: [graph.append(.add, inputs: [stem, main])])
        let down = graph.append(conv(8, 3, .same, stride: 2), inputs: [sum])
        let shortcut = graph.append(conv(8, 1, .same, stride: 2), inputs: [sum])
        let block = graph.append(.binary(.maximum), inputs: [down, shortcut])
        let pooled = graph.append(.globalAveragePool, inputs: [block])
        let gate = graph.append(
            .activation(.sigmoid),
            inputs: [
                graph.append(.dense(units: 8, bias: true), inputs: [pooled])
            ])
        let gated = graph.append(.binary(.multiply), inputs: [block, gate])
        let joined = graph.append(.concat(), inputs: [gated, block, shortcut])
        let rows = graph.append(.reshape([16, 24]), inputs: [joined])
        let scores = graph.append(.matmul(transposesA: false, transposesB: true), inputs: [rows, rows])
        let constant = graph.append(.constant([24]), inputs: [])
        let mixed = graph.append(
            .matmul(transposesA: false, transposesB: false),
            inputs: [
                graph.append(.softmax, inputs: [scores]), rows,
            ])
        let shifted = graph.append(.binary(.subtract), inputs: [mixed, constant])
        graph.outputs = [shifted, gated]
        return try Model(graph: graph, seed: 6)
    }
}
