// SPDX-License-Identifier: Apache-2.0
// A static graph of layers, in an order in which it can run.

/// One layer at its place in a graph.
public struct Node: Hashable, Codable, Sendable {
    /// Unique in its graph; parameters are called `name.weight`, `name.bias`, ...
    public var name: String
    public var layer: Layer
    /// Indices of the nodes whose outputs this one reads; each is smaller than the node's own index.
    public var inputs: [Int]

    public init(name: String, layer: Layer, inputs: [Int]) {
        self.name = name
        self.layer = layer
        self.inputs = inputs
    }
}

/// Layers in topological order: a node reads only nodes before it.
public struct Graph: Hashable, Codable, Sendable {
    public private(set) var nodes: [Node]
    /// Indices of the nodes whose values the graph returns.
    public var outputs: [Int]

    public init(nodes: [Node] = [], outputs: [Int] = []) {
        self.nodes = nodes
        self.outputs = outputs
    }

    /// Indices of the `input` nodes, in order.
    public var inputs: [Int] {
        nodes.indices.filter { if case .input = nodes[$0].layer { true } else { false } }
    }

    /// Appends a layer and returns its index. Without a name, it is called after its layer and that layer's number:
    /// `conv2d_2`.
    @discardableResult
    public mutating func append(_ layer: Layer, inputs: [Int], name: String? = nil) -> Int {
        nodes.append(Node(name: name ?? freshName(layer.keyword), layer: layer, inputs: inputs))
        return nodes.count - 1
    }

    /// For each node, the nodes that read it.
    public var consumers: [[Int]] {
        var consumers = Array(repeating: [Int](), count: nodes.count)
        for (index, node) in nodes.enumerated() {
            for input in node.inputs where !consumers[input].contains(index) { consumers[input].append(index) }
        }
        return consumers
    }

    private func freshName(_ keyword: String) -> String {
        let taken = Set(nodes.map(\.name))
        var number = nodes.reduce(1) { $0 + ($1.layer.keyword == keyword ? 1 : 0) }
        while taken.contains("\(keyword)_\(number)") { number += 1 }
        return "\(keyword)_\(number)"
    }
}
