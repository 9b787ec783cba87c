// SPDX-License-Identifier: Apache-2.0
// Batch norm, folded or not, computes what it did.

import NNQBase
import NNQGraph
import NNQQuantize
import Testing

@Suite struct BatchNormTests {
    private static let norm = Layer.batchNorm(epsilon: 1e-3, momentum: 0.1)

    /// Layers that absorb a batch norm, on 9 x 8 x 6 maps.
    static let absorbing: [Layer] = [
        .conv2D(filters: 5, window: Window(kernel: 3, padding: .same), groups: 1, bias: false),
        .conv2D(filters: 9, window: Window(kernel: Pair(3, 2), stride: 2), groups: 3, bias: true),
        .conv2D(filters: 4, window: Window(kernel: 2, dilation: Pair(3, 2), padding: .same), groups: 2, bias: true),
        .depthwiseConv2D(multiplier: 1, window: Window(kernel: 3, padding: .same), bias: false),
        .depthwiseConv2D(multiplier: 2, window: Window(kernel: 3, stride: Pair(2, 1)), bias: true),
        .dense(units: 11, bias: false),
        .dense(units: 3, bias: true),
    ]

    @Test(arguments: absorbing, [UInt64(1), 2, 3])
    func foldsIntoTheLayerBefore(_ layer: Layer, _ seed: UInt64) throws {
        let model = try Model.random(seed: seed, input: [9, 8, 6]) { graph, input in
            let linear = graph.append(layer, inputs: [input], name: "linear")
            return graph.append(.activation(.relu), inputs: [graph.append(Self.norm, inputs: [linear], name: "norm")])
        }
        let (folded, report) = try model.rewritten([.foldBatchNorm])
        #expect(folded.graph.nodes.map(\.name) == ["input", "linear", "relu_1"])
        #expect(folded.parameters.keys.sorted() == ["linear.bias", "linear.weight"])
        #expect(report.count(.foldBatchNorm) == 1 && report.entries[0].detail == "folded into 'linear'")
        try expectEqual(model, folded, seed)
    }

    @Test func foldsTwoInARow() throws {
        let model = try Model.random(seed: 4, input: [5, 5, 2]) { graph, input in
            var node = graph.append(
                .conv2D(filters: 3, window: Window(kernel: 3), groups: 1, bias: true), inputs: [input])
            for _ in 0..<2 { node = graph.append(Self.norm, inputs: [node]) }
            return node
        }
        let (folded, report) = try model.rewritten()
        #expect(folded.graph.nodes.count == 2 && report.count(.foldBatchNorm) == 2)
        try expectEqual(model, folded, 4)
    }

    /// Straight after the input, after an addition, after a convolution that others read too, and on vectors.
    @Test(arguments: [UInt64(5), 6])
    func becomesDepthwiseWhereNothingAbsorbsIt(_ seed: UInt64) throws {
        let model = try Model.random(seed: seed, input: [6, 5, 4]) { graph, input in
            let first = graph.append(Self.norm, inputs: [input], name: "first")
            let window = Window(kernel: 3, padding: .same)
            let shared = graph.append(.conv2D(filters: 4, window: window, groups: 1, bias: true), inputs: [first])
            let second = graph.append(Self.norm, inputs: [shared], name: "second")
            let sum = graph.append(.add, inputs: [shared, second])
            let third = graph.append(Self.norm, inputs: [sum], name: "third")
            let mean = graph.append(.globalAveragePool, inputs: [third])
            let fourth = graph.append(Self.norm, inputs: [mean], name: "fourth")
            return graph.append(.softmax, inputs: [fourth])
        }
        let (folded, report) = try model.rewritten()
        #expect(report.count(.foldBatchNorm) == 0)
        for name in ["first", "second", "third", "fourth"] {
            let node = try #require(folded.graph.nodes.first { $0.name == name })
            #expect(node.layer == .depthwiseConv2D(multiplier: 1, window: Window(kernel: 1), bias: true))
        }
        #expect(folded.graph.nodes.map(\.name).contains("fourth.map"))
        try expectEqual(model, folded, seed)
    }

    @Test func unfoldedModelsLoseTheirBatchNormsToo() throws {
        let model = try Model.random(seed: 7, input: [4, 4, 3]) { graph, input in
            let conv = graph.append(
                .conv2D(filters: 2, window: Window(kernel: 1), groups: 1, bias: false), inputs: [input])
            return graph.append(Self.norm, inputs: [conv])
        }
        let (rewritten, report) = try model.rewritten([])
        #expect(report.entries.isEmpty && rewritten.graph.nodes.count == 3)
        try expectEqual(model, rewritten, 7)
    }

    /// A returned value keeps its batch norm's input alive beside the folded one.
    @Test func isNotFoldedIntoAnOutput() throws {
        var graph = Graph()
        let input = graph.append(.input([3, 3, 2]), inputs: [])
        let conv = graph.append(.conv2D(filters: 2, window: Window(kernel: 2), groups: 1, bias: true), inputs: [input])
        graph.outputs = [conv, graph.append(Self.norm, inputs: [conv])]
        let model = try Model.random(seed: 8, graph)
        let (folded, report) = try model.rewritten()
        #expect(report.count(.foldBatchNorm) == 0 && folded.graph.outputs.count == 2)
        try expectEqual(model, folded, 8)
    }

    private func expectEqual(_ model: Model, _ other: Model, _ seed: UInt64) throws {
        var rng = Rng(seed: seed)
        guard case .input(let shape) = model.graph.nodes[0].layer else { return }
        for sample in rng.samples(5, of: shape) {
            for (a, b) in zip(try model.outputs(sample), try other.outputs(sample)) {
                #expect(a.isClose(to: b), "seed \(seed)")
            }
        }
    }
}
