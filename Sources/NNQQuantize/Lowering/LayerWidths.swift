// SPDX-License-Identifier: Apache-2.0
// Which layers of a graph compute on int16 activations.

import NNQArithmetic
import NNQFormat
import NNQGraph

/// The type of the tensors that each layer's op reads and writes: int8 or int16.
struct LayerWidths {
    /// Nodes on int16, fused activations included.
    private var wide: Set<Int> = []
    /// Names of those of them that have a width of their own, in the graph's order.
    private(set) var names: [String] = []

    /// All on int8.
    static let narrow = LayerWidths()

    private init() {}

    subscript(node: Int) -> ElementType { wide.contains(node) ? .int16 : .int8 }

    /// The widths that a person chose.
    /// - Throws: `QuantizeError` where a name is no layer that has a width of its own, or a layer that is to have 16
    ///   bits has no op on them.
    init(_ bits: ActivationBits, _ graph: Graph, _ fusion: ActivationFusion, metadata: Metadata) throws {
        let own = graph.nodes.indices.filter { graph.hasOwnWidth($0, fusion, metadata) }
        try Self.check(bits, graph, fusion, own)
        for (index, node) in graph.nodes.enumerated() {
            let follows = !own.contains(index) || node.layer.isMaxPool
            let followed = node.inputs.first.map { wide.contains($0) ? 16 : 8 } ?? 8
            guard (bits.layers[node.name] ?? (follows ? followed : bits.all)) == 16 else { continue }
            guard node.layer.hasInt16Form else {
                throw QuantizeError.at(
                    node,
                    "there is no op for it on activations of 16 bits: "
                        + "quantize with activations of 8 bits, or give it 8 bits by name")
            }
            wide.insert(index)
            if own.contains(index) { names.append(node.name) }
        }
    }

    /// The widths of a program that stands for a graph: those of the tensors that have its layers' names.
    init(of program: Program, in graph: Graph) {
        let types = Dictionary(program.tensors.map { ($0.name, $0.type) }) { first, _ in first }
        for (index, node) in graph.nodes.enumerated() {
            let followed = node.inputs.first.map { self[$0] }
            if (types[node.name] ?? followed) == .int16, node.layer.hasInt16Form { wide.insert(index) }
        }
    }

    private static func check(
        _ bits: ActivationBits, _ graph: Graph, _ fusion: ActivationFusion, _ own: [Int]
    ) throws {
        func names(_ nodes: [Int]) -> String { nodes.map { graph.nodes[$0].name }.joined(separator: ", ") }
        for name in bits.layers.keys.sorted() {
            guard let index = graph.nodes.firstIndex(where: { $0.name == name }), own.contains(index) else {
                let owner = fusion.activation.first { graph.nodes[$0.value].name == name }?.key
                throw QuantizeError(
                    "'\(name)' is no layer with a width of activations of its own"
                        + (owner.map { ": '\(graph.nodes[$0].name)' computes it along" } ?? "")
                        + "; these are: \(names(own))")
            }
            guard bits.layers[name] == 8 || graph.nodes[index].layer.hasInt16Form else {
                let able = own.filter { graph.nodes[$0].layer.hasInt16Form }
                throw QuantizeError.at(
                    graph.nodes[index],
                    "there is no op for it on activations of 16 bits; these layers have one: \(names(able))")
            }
        }
    }
}

extension Graph {
    /// Whether a node's width can be chosen: it has an op that computes something, or is an input of real numbers.
    fileprivate func hasOwnWidth(_ index: Int, _ fusion: ActivationFusion, _ metadata: Metadata) -> Bool {
        guard !fusion.fused.contains(index) else { return false }
        return switch nodes[index].layer {
        case .input: metadata.exactInput(self, index) == nil && indexInput(index) == nil
        case .constant, .flatten, .reshape, .dropout: false
        default: true
        }
    }
}

extension Layer {
    fileprivate var isMaxPool: Bool {
        switch self {
        case .maxPool, .globalMaxPool: true
        default: false
        }
    }

    /// Whether the layer can be lowered to int16 tensors; see `Lowering.lowerInt16`.
    var hasInt16Form: Bool {
        switch self {
        case .input, .dense, .conv2D, .depthwiseConv2D, .maxPool, .globalMaxPool, .averagePool, .globalAveragePool,
            .softmax, .add, .binary(.subtract), .flatten, .reshape, .dropout:
            true
        case .activation(let function): function.isClamp
        default: false
        }
    }
}

extension ActivationBits {
    /// Names of a model's layers that can have activations of 16 bits, but for max pools, which follow what they read.
    /// - Throws: `QuantizeError`, `GraphError` where the model cannot be rewritten.
    package static func wideLayers(of model: Model) throws -> [String] {
        let (folded, _) = try model.rewritten(Set(Rewrite.allCases))
        let graph = folded.graph
        var report = RewriteReport()
        let fusion = ActivationFusion(graph, isEnabled: true, report: &report)
        let shapes = try graph.shapes()
        return graph.nodes.indices.filter { index in
            let node = graph.nodes[index]
            guard graph.hasOwnWidth(index, fusion, folded.metadata), node.layer.hasInt16Form, !node.layer.isMaxPool
            else { return false }
            // Sums on int16 repeat nothing.
            let extents = MapExtents(shapes[index])
            return node.inputs.count < 2 || node.inputs.allSatisfy { MapExtents(shapes[$0]) == extents }
        }.map { graph.nodes[$0].name }
    }
}
