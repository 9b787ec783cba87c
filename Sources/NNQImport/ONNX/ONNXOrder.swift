// SPDX-License-Identifier: Apache-2.0
// The order in which a graph's operators can run.

import ONNXProto

/// Operators so that each comes after those whose values it reads.
struct ONNXOrder {
    let nodes: [ONNXNode]
    /// How many operators, and outputs of the graph, read a value.
    private(set) var readers: [String: Int] = [:]

    /// - Parameter given: names of the graph's inputs and initializers.
    /// - Throws: where a value has two sources or none, and where the graph is cyclic.
    init(_ graph: Onnx_GraphProto, opset: Int, given: Set<String>) throws {
        let nodes = try QLinearNodes.expanded(graph.node).map { try ONNXNode($0, opset: opset) }
        var sources: [String: Int] = [:]
        for (index, node) in nodes.enumerated() {
            for output in node.outputs where !output.isEmpty {
                guard sources.updateValue(index, forKey: output) == nil, !given.contains(output) else {
                    throw node.error("its output '\(output)' has the name of another value")
                }
            }
        }
        var waiting = Array(repeating: 0, count: nodes.count)
        var followers: [[Int]] = Array(repeating: [], count: nodes.count)
        for (index, node) in nodes.enumerated() {
            for input in node.inputs where !input.isEmpty {
                readers[input, default: 0] += 1
                if let source = sources[input] {
                    followers[source].append(index)
                    waiting[index] += 1
                } else if !given.contains(input) {
                    throw node.error("reads '\(input)', which no operator, input or initializer gives")
                }
            }
        }
        for output in graph.output {
            readers[output.name, default: 0] += 1
            guard sources[output.name] != nil || given.contains(output.name) else {
                throw ImportError("the graph's output '\(output.name)' is given by no operator, input or initializer")
            }
        }
        var ready = nodes.indices.filter { waiting[$0] == 0 }
        var next = 0
        while next < ready.count {
            for follower in followers[ready[next]] {
                waiting[follower] -= 1
                if waiting[follower] == 0 { ready.append(follower) }
            }
            next += 1
        }
        guard ready.count == nodes.count else {
            let stuck = nodes.indices.first { waiting[$0] > 0 }!
            throw nodes[stuck].error("reads its own result: the graph is cyclic")
        }
        // The file's order where it is one, so that layers keep theirs.
        let inOrder = Self.isOrdered(nodes, sources)
        self.nodes = inOrder ? nodes : ready.map { nodes[$0] }
    }

    private static func isOrdered(_ nodes: [ONNXNode], _ sources: [String: Int]) -> Bool {
        nodes.indices.allSatisfy { index in nodes[index].inputs.allSatisfy { sources[$0] ?? -1 < index } }
    }
}
