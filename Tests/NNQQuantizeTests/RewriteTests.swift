// SPDX-License-Identifier: Apache-2.0
// Each rewrite does what it says, and nothing else.

import NNQBase
import NNQGraph
import NNQQuantize
import Testing

@Suite struct RewriteTests {
    @Test func removesDropout() throws {
        let model = try Model(input: [6]) {
            Dense(5)
            Dropout(0.5)
            Dense(2)
            Dropout(0.25)
        }
        let (rewritten, report) = try model.rewritten([.removeDropout])
        #expect(rewritten.graph.nodes.map(\.name) == ["input", "dense_1", "dense_2"])
        #expect(rewritten.graph.outputs == [2])
        #expect(report.entries.map(\.layer) == ["dropout_1", "dropout_2"])
        #expect(rewritten.parameters == model.parameters)
    }

    @Test func removesIdentities() throws {
        let model = try Model(input: [4, 4, 2]) {
            Pad()
            Reshape([4, 4, 2])
            Conv2D(3, kernel: 3)
            Reshape([2, 6])
            Flatten()
            Dense(2)
        }
        let (rewritten, report) = try model.rewritten([.removeIdentities])
        #expect(rewritten.graph.nodes.map(\.name) == ["input", "conv2d_1", "dense_1"])
        #expect(report.count(.removeIdentities) >= 3)
        try expectEqual(model, rewritten)
    }

    @Test func keepsAFlattenThatIsReadByOthersToo() throws {
        let model = try Model(input: [3, 2, 2]) {
            Flatten()
            Residual {
                Dense(12)
            }
        }
        let (rewritten, _) = try model.rewritten()
        #expect(rewritten.graph.nodes.contains { $0.layer == .flatten })
        try expectEqual(model, rewritten)
    }

    @Test(arguments: [Padding.valid, .same, .explicit(top: 1, bottom: 0, left: 2, right: 1)])
    func mergesPadding(_ padding: Padding) throws {
        let model = try Model(input: [5, 6, 2]) {
            Pad(top: 1, bottom: 2, left: 0, right: 3)
            Conv2D(3, kernel: 3, stride: 2, padding: padding)
            Pad(top: 2)
            DepthwiseConv2D(kernel: 2, padding: padding)
        }
        let (rewritten, report) = try model.rewritten([.mergePadding])
        #expect(rewritten.graph.nodes.map(\.name) == ["input", "conv2d_1", "depthwise_conv2d_1"])
        #expect(report.count(.mergePadding) == 2)
        #expect(try rewritten.graph.shapes().last == model.graph.shapes().last)
        try expectEqual(model, rewritten)
    }

    @Test func keepsPadsThatOthersThanConvolutionsRead() throws {
        let model = try Model(input: [5, 6, 2]) {
            Pad(top: 1, bottom: 2)
            Residual {
                Conv2D(2, kernel: 3, padding: .same)
            }
        }
        let (rewritten, report) = try model.rewritten()
        #expect(report.count(.mergePadding) == 0 && rewritten.graph.nodes.count == model.graph.nodes.count)
    }

    @Test func keepsPadsBeyondWhatAConvolutionCanExpress() throws {
        let model = try Model(input: [2, 2, 1]) {
            Pad(top: 256)
            Conv2D(1, kernel: 2)
        }
        #expect(try model.rewritten().0.graph.nodes.count == 3)
    }

    @Test func movesActivationsBeforePoolsAndReshapes() throws {
        let model = try Model(input: [8, 8, 2]) {
            Conv2D(3, kernel: 3)
            MaxPool(2)
            Flatten()
            ReLU6()
            Dense(2)
            ReLU()
        }
        let (rewritten, report) = try model.rewritten([.hoistActivations])
        #expect(
            rewritten.graph.nodes.map(\.name) == [
                "input", "conv2d_1", "relu6_1", "max_pool_1", "flatten_1", "dense_1", "relu_1",
            ])
        #expect(report.count(.hoistActivations) == 2)
        #expect(report.entries.allSatisfy { $0.layer == "relu6_1" })
        try expectEqual(model, rewritten)
    }

    @Test func everyRewriteKeepsARandomModel() throws {
        let model = try Model.random(seed: 12, input: [8, 8, 3]) { graph, input in
            let pad = graph.append(.pad(Margins(top: 1, bottom: 1, left: 1, right: 1)), inputs: [input])
            let window = Window(kernel: 3)
            let conv = graph.append(.conv2D(filters: 4, window: window, groups: 1, bias: false), inputs: [pad])
            let norm = graph.append(.batchNorm(epsilon: 1e-3, momentum: 0.1), inputs: [conv])
            let drop = graph.append(.dropout(rate: 0.5), inputs: [norm])
            let pool = graph.append(.maxPool(Window(kernel: 2, stride: 2)), inputs: [drop])
            let relu = graph.append(.activation(.relu), inputs: [pool])
            return graph.append(.dense(units: 3, bias: true), inputs: [graph.append(.flatten, inputs: [relu])])
        }
        for rewrite in Rewrite.allCases { try expectEqual(model, model.rewritten([rewrite]).0) }
        let (all, report) = try model.rewritten()
        #expect(all.graph.nodes.map(\.layer.keyword) == ["input", "conv2d", "relu", "max_pool", "dense"])
        #expect(Set(report.entries.map(\.rewrite)).count == Rewrite.allCases.count - 1)
        try expectEqual(model, all)
    }

    private func expectEqual(_ model: Model, _ other: Model) throws {
        var rng = Rng(seed: 77)
        guard case .input(let shape) = model.graph.nodes[0].layer else { return }
        for sample in rng.samples(4, of: shape) {
            #expect(try model.outputs(sample)[0].isClose(to: other.outputs(sample)[0]))
        }
    }
}
