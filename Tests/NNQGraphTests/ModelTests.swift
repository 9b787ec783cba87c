// SPDX-License-Identifier: Apache-2.0
// Models: built, initialized, checked.

import Foundation
import NNQBase
import NNQGraph
import Testing

@Suite struct ModelTests {
    @Test func theBuilderMakesTheGraph() throws {
        let deep = true
        let model = try Model(input: [8, 8, 2]) {
            Conv2D(4, kernel: 3, padding: .same, name: "stem")
            for _ in 0..<2 {
                Residual {
                    Conv2D(4, kernel: 3, padding: .same)
                    ReLU()
                }
            }
            if deep {
                Residual {
                    DepthwiseConv2D(kernel: 3)
                } shortcut: {
                    AveragePool(3, stride: 1)
                }
            } else {
                MaxPool(2)
            }
            Concat {
                MaxPool(2)
            } and: {
                AveragePool(2)
                LeakyReLU()
            }
            GlobalAveragePool()
            Dense(3)
            Softmax()
        }
        #expect(
            model.graph.nodes.map(\.name) == [
                "input", "stem", "conv2d_2", "relu_1", "add_1", "conv2d_3", "relu_2", "add_2", "depthwise_conv2d_1",
                "average_pool_1", "add_3", "max_pool_1", "average_pool_2", "leaky_relu_1", "concat_1",
                "global_average_pool_1", "dense_1", "softmax_1",
            ])
        let add = try #require(model.graph.nodes.first { $0.name == "add_2" })
        #expect(add.inputs == [6, 4])
        #expect(model.graph.nodes[14].inputs == [11, 13])
        #expect(model.graph.outputs == [17])
        #expect(model.parameterCount == 4 * 19 + 2 * 4 * 37 + 4 * 10 + 3 * 9)
    }

    @Test func theBuilderNamesTheLayerThatDoesNotFit() {
        #expect(
            throws: GraphError(
                "layer 'head' (conv2d): needs a map [height, width, channels] and is given 4: reshape before it")
        ) {
            try Model(input: [2, 2, 1]) {
                Flatten()
                Conv2D(1, kernel: 1, name: "head")
            }
        }
    }

    @Test func freshNamesAvoidGivenOnes() {
        var graph = Graph()
        graph.append(.flatten, inputs: [], name: "flatten_2")
        #expect(graph.append(.flatten, inputs: []) == 1)
        #expect(graph.nodes[1].name == "flatten_3")
    }

    /// He: 2 / fan_in. Glorot: 2 / (fan_in + fan_out).
    @Test(arguments: Initializer.allCases)
    func weightsHaveTheVarianceOfTheirInitializer(_ initializer: Initializer) throws {
        let model = try Model(input: [12, 12, 16], seed: 9, initializer: initializer) {
            Conv2D(64, kernel: 3, groups: 4, name: "conv")
            DepthwiseConv2D(kernel: 7, multiplier: 8, name: "depthwise")
            Dense(20, name: "dense")
        }
        let fans = ["conv": (36, 144), "depthwise": (49, 392), "dense": (8192, 20)]
        for (name, (fanIn, fanOut)) in fans {
            let weights = model.parameters["\(name).weight"]!.values.map { Double($0) }
            let mean = weights.reduce(0, +) / Double(weights.count)
            let variance = weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(weights.count)
            let expected = initializer == .he ? 2 / Double(fanIn) : 2 / Double(fanIn + fanOut)
            #expect(abs(variance / expected - 1) < 0.05, "\(name): \(variance) for \(expected)")
            #expect(abs(mean) < 0.05 * expected.squareRoot() * 3)
            #expect(model.parameters["\(name).bias"]!.values.allSatisfy { $0 == 0 })
            if initializer == .glorot {
                #expect(weights.allSatisfy { abs($0) <= (3 * expected).squareRoot() * 1.0001 })
            }
        }
    }

    @Test func theSameSeedGivesTheSameWeights() throws {
        func model(_ seed: UInt64) throws -> Model { try Model(input: [3], seed: seed) { Dense(4) } }
        #expect(try model(1) == model(1))
        #expect(try model(1).parameters != model(2).parameters)
    }

    @Test func parametersMustFitTheGraph() throws {
        let model = try Model(input: [3]) { Dense(2, name: "d") }
        func with(_ change: (inout [String: Tensor]) -> Void) throws -> Model {
            var parameters = model.parameters
            change(&parameters)
            return try Model(graph: model.graph, parameters: parameters)
        }
        #expect(throws: GraphError("parameter 'd.bias' is missing")) { try with { $0["d.bias"] = nil } }
        #expect(throws: GraphError("parameter 'd.bias' has shape [3], the graph needs [2]")) {
            try with { $0["d.bias"] = Tensor(shape: [3], repeating: 0) }
        }
        #expect(throws: GraphError("parameter 'e.bias' belongs to no layer of the graph")) {
            try with { $0["e.bias"] = Tensor(shape: [3], repeating: 0) }
        }
        for (mean, std) in [([Float(0)], [Float(0)]), ([0], [-1]), ([.nan], [1]), ([], []), ([0, 0], [1])] {
            #expect(throws: GraphError.self) {
                let metadata = Metadata(normalization: Normalization(mean: mean, std: std))
                return try Model(graph: model.graph, parameters: model.parameters, metadata: metadata)
            }
        }
    }

    @Test func activationsHaveTheirValues() {
        let points: [Float] = [-2, -0.5, 0, 0.5, 7]
        #expect(points.map { Activation.relu($0) } == [0, 0, 0, 0.5, 7])
        #expect(points.map { Activation.relu6($0) } == [0, 0, 0, 0.5, 6])
        #expect(points.map { Activation.leakyReLU(slope: 0.5)($0) } == [-1, -0.25, 0, 0.5, 7])
        #expect(points.map { Activation.step($0) } == [0, 0, 1, 1, 1])
        #expect(Activation.sigmoid(0) == 0.5 && Activation.tanh(0) == 0)
        #expect(abs(Activation.sigmoid(2) - 0.880797) < 1e-6 && abs(Activation.tanh(-1) + 0.7615942) < 1e-6)
    }
}
