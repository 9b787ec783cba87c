// SPDX-License-Identifier: Apache-2.0
// Whose output scale is calibrated, and where tensors that a concat joins share one.

import NNQArithmetic
import NNQFormat
import NNQGraph

/// Calibrated ranges by the node that holds a tensor's final value.
struct OutputRanges {
    private let graph: Graph
    private var ranges: [Int: ValueRange] = [:]
    /// Quantizations that the model came with, which nothing changes.
    private var given: [Int: Quantization] = [:]
    /// How wide the tensors are that hold the ranges.
    let widths: LayerWidths

    /// Nodes whose ranges lowering needs; other ops keep their input's quantization or have one of their own.
    static func needed(_ graph: Graph, _ fusion: ActivationFusion, metadata: Metadata) -> [Int] {
        graph.nodes.indices.filter { index in
            guard !fusion.fused.contains(index) else { return false }
            switch graph.nodes[index].layer {
            case .input: return metadata.exactInput(graph, index) == nil
            case .dense, .conv2D, .depthwiseConv2D, .transposedConv2D, .averagePool, .globalAveragePool, .prelu, .add,
                .binary, .matmul, .constant, .embedding, .lstm, .gru, .reduce(.mean, _, _), .reduce(.sum, _, _):
                return true
            case .activation(let function): return function.fixedOutput == nil
            default: return false
            }
        }.map(fusion.result)
    }

    init(_ graph: Graph, calibrated: [String: ValueRange], _ widths: LayerWidths = .narrow) {
        self.graph = graph
        self.widths = widths
        for (index, node) in graph.nodes.enumerated() { ranges[index] = calibrated[node.name] }
        shareAmongConcats()
    }

    /// Of a model that was quantized elsewhere.
    /// - Parameter given: by node name.
    init(_ graph: Graph, given: [String: Quantization]) {
        self.graph = graph
        widths = .narrow
        for (index, node) in graph.nodes.enumerated() { self.given[index] = given[node.name] }
    }

    /// The quantization that the model came with.
    func given(_ node: Int) -> Quantization? { given[node] }

    /// How a node's values are quantized.
    func quantization(_ node: Int) -> Quantization {
        if let quantization = given[node] { return quantization }
        guard let range = ranges[node] else { preconditionFailure("'\(graph.nodes[node].name)' was not calibrated") }
        return widths[node] == .int16 ? range.symmetricQuantization : range.quantization
    }

    /// How a node's values are quantized where they are int8; nil where they were not calibrated.
    func narrowQuantization(_ node: Int) -> Quantization? { given[node] ?? ranges[node]?.quantization }

    /// What only concats read gets the range of all that is joined. Outer concats come first, so that others take their
    /// range over.
    private mutating func shareAmongConcats() {
        let sharing = ConcatSharing(graph, holders: Set(ranges.keys))
        for index in graph.nodes.indices.reversed() where graph.nodes[index].layer.isConcat {
            let sources = graph.nodes[index].inputs.flatMap(sources)
            guard let first = sources.first, sharing.owner[index] == nil else { continue }
            let range = sources.dropFirst().reduce(ranges[first]!) { $0.union(ranges[$1]!) }
            for (node, owner) in sharing.owner where owner == index && ranges[node] != nil { ranges[node] = range }
        }
    }

    /// The calibrated nodes whose scales decide that of a node.
    private func sources(of index: Int) -> [Int] {
        if ranges[index] != nil { return [index] }
        return graph.nodes[index].layer.keepsQuantization ? graph.nodes[index].inputs.flatMap(sources) : []
    }
}
