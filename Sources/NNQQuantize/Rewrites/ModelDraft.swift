// SPDX-License-Identifier: Apache-2.0
// A float model that can be edited: nodes go, come and change without dangling references.

import NNQGraph

/// A model in the making; valid again once `model()` returns it.
struct ModelDraft {
    private(set) var nodes: [Node]
    private(set) var outputs: [Int]
    private(set) var shapes: [Shape]
    var parameters: [String: Tensor]
    let metadata: Metadata

    init(_ model: Model) throws {
        nodes = model.graph.nodes
        outputs = model.graph.outputs
        shapes = try model.graph.shapes()
        parameters = model.parameters
        metadata = model.metadata
    }

    /// The edited model, without nodes and parameters that nothing needs any more.
    func model() throws -> Model {
        let live = live
        var place = Array(repeating: -1, count: nodes.count)
        var graph = Graph()
        for index in nodes.indices where live[index] {
            let node = nodes[index]
            place[index] = graph.append(node.layer, inputs: node.inputs.map { place[$0] }, name: node.name)
        }
        graph.outputs = outputs.map { place[$0] }
        let names = Set(try graph.parameters().map(\.name))
        return try Model(graph: graph, parameters: parameters.filter { names.contains($0.key) }, metadata: metadata)
    }

    /// For each node, whether it is an input or an output depends on it.
    private var live: [Bool] {
        var live = nodes.map { if case .input = $0.layer { true } else { false } }
        for output in outputs { live[output] = true }
        for index in nodes.indices.reversed() where live[index] {
            for input in nodes[index].inputs { live[input] = true }
        }
        return live
    }

    /// The nodes that read a node and that an output depends on.
    func consumers(of index: Int) -> [Int] {
        let live = live
        return nodes.indices.filter { live[$0] && nodes[$0].inputs.contains(index) }
    }

    func isOutput(_ index: Int) -> Bool { outputs.contains(index) }

    /// The one node that reads a node, or nil where there are more or the graph returns the value itself.
    func soleConsumer(of index: Int) -> Int? {
        let readers = consumers(of: index)
        return readers.count == 1 && !isOutput(index) ? readers[0] : nil
    }

    /// Lets everyone who reads a node of one input read that input instead; the node then is dead.
    mutating func bypass(_ index: Int) { redirect(readersOf: index, to: nodes[index].inputs[0]) }

    /// Lets everyone who reads `index`, except `exception`, read `other`.
    mutating func redirect(readersOf index: Int, to other: Int, except exception: Int? = nil) {
        for reader in nodes.indices where reader != exception {
            nodes[reader].inputs = nodes[reader].inputs.map { $0 == index ? other : $0 }
        }
        outputs = outputs.map { $0 == index ? other : $0 }
    }

    /// Gives a node another layer, and the shape that its output then has.
    mutating func replace(_ index: Int, layer: Layer, shape: Shape? = nil) {
        nodes[index].layer = layer
        if let shape { shapes[index] = shape }
    }

    mutating func setInputs(_ index: Int, _ inputs: [Int]) { nodes[index].inputs = inputs }

    /// Exchanges the layers and names of a node and its only reader.
    mutating func swapLayers(_ first: Int, _ second: Int) {
        let node = nodes[first]
        nodes[first].layer = nodes[second].layer
        nodes[first].name = nodes[second].name
        nodes[second].layer = node.layer
        nodes[second].name = node.name
        shapes[first] = shapes[nodes[first].inputs[0]]
    }

    /// Inserts a node before place `index`; nodes from there on move up by one.
    mutating func insert(_ layer: Layer, shape: Shape, inputs: [Int], name: String, at index: Int) {
        func moved(_ reference: Int) -> Int { reference >= index ? reference + 1 : reference }
        for reader in nodes.indices { nodes[reader].inputs = nodes[reader].inputs.map(moved) }
        outputs = outputs.map(moved)
        nodes.insert(Node(name: freshName(name), layer: layer, inputs: inputs), at: index)
        shapes.insert(shape, at: index)
    }

    private func freshName(_ name: String) -> String {
        var fresh = name
        var number = 1
        while nodes.contains(where: { $0.name == fresh }) {
            number += 1
            fresh = "\(name)_\(number)"
        }
        return fresh
    }

    /// A parameter of a node.
    subscript(_ index: Int, _ parameter: String) -> Tensor? {
        get { parameters["\(nodes[index].name).\(parameter)"] }
        set { parameters["\(nodes[index].name).\(parameter)"] = newValue }
    }
}
