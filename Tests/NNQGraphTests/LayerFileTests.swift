// SPDX-License-Identifier: Apache-2.0
// Every layer survives a file, and files of older versions still load.

import Foundation
import NNQGraph
import Testing

@Suite struct LayerFileTests {
    /// A graph with every layer that older files lack.
    static func graph() -> Graph {
        var graph = Graph()
        let map = graph.append(.input([4, 4, 2]), inputs: [])
        var node = graph.append(
            .transposedConv2D(
                filters: 2, window: Window(kernel: 3, stride: 2, padding: .same), outputPadding: 0, groups: 1,
                bias: true), inputs: [map])
        for function in activations { node = graph.append(.activation(function), inputs: [node]) }
        node = graph.append(.prelu, inputs: [node])
        node = graph.append(.resize(Pair(3, 4), .nearest(.halfUp), .alignCorners), inputs: [node])
        node = graph.append(.resize(Pair(5, 4), .bilinear, .halfPixel), inputs: [node])
        node = graph.append(.slice(begin: [4, 0, 0], size: [5, 4, 2], step: [-1, 1, 1]), inputs: [node])
        node = graph.append(.transpose([1, 0, 2]), inputs: [node])
        node = graph.append(.l2Normalize, inputs: [node])
        let constant = graph.append(.constant([2]), inputs: [])
        for function in BinaryFunction.allCases {
            node = graph.append(.binary(function), inputs: [node, constant])
        }
        node = graph.append(.concat(axis: 0), inputs: [node, node])
        node = graph.append(.reduce(.mean, axes: [-1], keepsExtents: false), inputs: [node])
        node = graph.append(.lstm(units: 3), inputs: [node])
        node = graph.append(.gru(units: 2, resetAfter: true), inputs: [node])
        let other = graph.append(.argMax, inputs: [node])
        let rows = graph.append(.reshape([8]), inputs: [other])
        let table = graph.append(.embedding(count: 3, channels: 2), inputs: [rows])
        node = graph.append(.matmul(transposesA: true, transposesB: false), inputs: [node, table])
        let pooled = graph.append(.globalMaxPool, inputs: [map])
        graph.outputs = [node, pooled]
        return graph
    }

    static let activations: [Activation] = [
        .thresholdedReLU(threshold: 0.5), .clip(low: -1, high: .greatestFiniteMagnitude), .hardSwish,
        .hardSigmoid(slope: 0.2, offset: 0.5), .silu, .gelu, .geluTanh, .mish, .elu(alpha: 1),
        .selu(alpha: 1.6733, gamma: 1.0507), .celu(alpha: 2), .softplus, .softsign, .exp, .log, .sqrt, .square,
        .reciprocal, .abs, .negate, .erf, .sin, .cos, .sign, .floor, .ceil, .round,
    ]

    @Test func savedAndLoaded() throws {
        let model = try Model(graph: Self.graph(), seed: 3)
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("layers-\(UUID()).safetensors").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try model.write(to: path)
        #expect(try Model(contentsOf: path) == model)
        #expect(model.parameters["prelu_1.slope"] == Tensor(shape: [2], repeating: 0.25))
        #expect(model.parameters["gru_1.recurrent_bias"]?.shape == [6])
        #expect(model.parameters["lstm_1.recurrent_weight"]?.shape == [12, 3])
        #expect(model.parameters["constant_1.value"]?.shape == [2])
    }

    /// Before joins had an axis, they were along the channels.
    @Test func joinsOfOldFiles() throws {
        let old = #"{"inputs":[0,0],"layer":{"concat":{}},"name":"c"}"#
        let node = try JSONDecoder().decode(Node.self, from: Data(old.utf8))
        #expect(node == Node(name: "c", layer: .concat(), inputs: [0, 0]))
    }

    @Test func functionsHaveTheirValues() {
        func at(_ function: Activation, _ x: Float...) -> [Float] { x.map { function($0) } }
        #expect(at(.thresholdedReLU(threshold: 1), -1, 1, 1.5) == [0, 0, 1.5])
        #expect(at(.clip(low: -1, high: 2), -3, 0.5, 3) == [-1, 0.5, 2])
        #expect(at(.hardSwish, -4, -1.5, 0, 3, 5) == [0, -0.375, 0, 3, 5])
        #expect(at(.hardSigmoid(slope: 0.25, offset: 0.5), -4, 1, 3) == [0, 0.75, 1])
        #expect(at(.softsign, -1, 0, 3) == [-0.5, 0, 0.75])
        #expect(at(.square, -3) == [9] && at(.reciprocal, 4) == [0.25] && at(.negate, 2) == [-2])
        #expect(at(.abs, -2) == [2] && at(.sqrt, 9) == [3] && at(.exp, 0) == [1] && at(.log, 1) == [0])
        #expect(at(.sign, -2, 0, 7) == [-1, 0, 1] && at(.floor, -0.5) == [-1] && at(.ceil, 0.5) == [1])
        #expect(at(.round, 0.5, 1.5, -2.5) == [0, 2, -2] && at(.softplus, 100) == [100])
        #expect(at(.sin, 0) == [0] && at(.cos, 0) == [1] && at(.erf, 0) == [0] && at(.geluTanh, 0) == [0])
        // To six places, from tables.
        let known: [(Activation, Float, Float)] = [
            (.silu, 1, 0.731059), (.gelu, 1, 0.841345), (.geluTanh, 1, 0.841192), (.mish, 1, 0.865098),
            (.elu(alpha: 1), -1, -0.632121), (.selu(alpha: 2, gamma: 3), -1, -3.792723),
            (.celu(alpha: 2), -1, -0.786939),
            (.softplus, 0, 0.693147), (.erf, 0.5, 0.520500),
        ]
        for (function, x, y) in known { #expect(abs(function(x) - y) < 2e-6, "\(function)") }
        #expect(BinaryFunction.allCases.map { $0(6, 3) } == [3, 18, 2, 3, 6])
    }
}
