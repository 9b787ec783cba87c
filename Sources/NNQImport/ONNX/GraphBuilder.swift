// SPDX-License-Identifier: Apache-2.0
// The float graph in the making: layers with the shapes that importing gives them, unique names, parameters.

import NNQGraph

/// Layers so far.
struct GraphBuilder {
    private(set) var nodes: [Node] = []
    private(set) var parameters: [String: Tensor] = [:]
    /// By node: its shape.
    private(set) var shapes: [ONNXExtents] = []
    private var weights = 0
    /// Names taken, and the last number that told namesakes apart.
    private var names: [String: Int] = [:]
    /// Rearranged forms of a node, so that two readers share one.
    private var arranged: [Arrangement: Int] = [:]

    private struct Arrangement: Hashable {
        var node: Int
        var layer: Layer
    }

    /// Appends a layer.
    /// - Parameters:
    ///   - shape: the shape of its output.
    ///   - parameters: by their short names.
    @discardableResult
    mutating func append(
        _ layer: Layer, _ inputs: [Int], shape: ONNXExtents, name: String, _ parameters: [String: Tensor] = [:]
    ) throws -> Int {
        guard try shape.elementCount() >= 1 else { throw ImportError("its result would be empty: \(shape.words)") }
        let name = unique(name)
        for (key, value) in parameters {
            weights += value.count
            guard weights <= ONNXExtents.mostWeights else {
                throw ImportError("the model's layers have more than 2^26 weights: it is too large for nnq")
            }
            self.parameters["\(name).\(key)"] = value
        }
        shapes.append(shape)
        nodes.append(Node(name: name, layer: layer, inputs: inputs))
        return nodes.count - 1
    }

    /// Appends a layer that only moves elements, or finds the one that did so before.
    mutating func rearrange(_ layer: Layer, _ input: Int, shape: ONNXExtents) throws -> Int {
        let key = Arrangement(node: input, layer: layer)
        if let node = arranged[key] { return node }
        let node = try append(layer, [input], shape: shape, name: "\(nodes[input].name).\(layer.keyword)")
        arranged[key] = node
        return node
    }

    /// The node's elements under another shape.
    mutating func reshape(_ node: Int, to shape: ONNXExtents) throws -> Int {
        let shape = shape.isEmpty ? [1] : shape
        if shapes[node] == shape { return node }
        // A reshape of a reshape is one of the first's input.
        if case .reshape = nodes[node].layer { return try reshape(nodes[node].inputs[0], to: shape) }
        return try rearrange(.reshape(Shape(shape)), node, shape: shape)
    }

    /// Adds to the bias of a convolution or dense layer; false where the node is another layer.
    mutating func addBias(_ bias: [Float], to index: Int) -> Bool {
        guard let biased = nodes[index].layer.withBias, shapes[index].last == bias.count else { return false }
        let key = "\(nodes[index].name).bias"
        let sum = parameters[key].map { zip($0.values, bias).map { $0 + $1 } } ?? bias
        parameters[key] = Tensor(shape: [bias.count], values: sum)
        nodes[index].layer = biased
        return true
    }

    private mutating func unique(_ name: String) -> String {
        guard var number = names[name] else {
            names[name] = 1
            return name
        }
        repeat { number += 1 } while names["\(name)_\(number)"] != nil
        names[name] = number
        names["\(name)_\(number)"] = 1
        return "\(name)_\(number)"
    }

    /// The model of everything that the outputs need, and the inputs.
    func model(outputs: [Int], metadata: Metadata) throws -> Model {
        var isNeeded = Array(repeating: false, count: nodes.count)
        for output in outputs { isNeeded[output] = true }
        for (index, node) in nodes.enumerated().reversed() {
            if case .input = node.layer { isNeeded[index] = true }
            if isNeeded[index] { for input in node.inputs { isNeeded[input] = true } }
        }
        var place: [Int: Int] = [:]
        var kept = Graph()
        for (index, node) in nodes.enumerated() where isNeeded[index] {
            place[index] = kept.append(node.layer, inputs: node.inputs.map { place[$0]! }, name: node.name)
        }
        kept.outputs = outputs.map { place[$0]! }
        let names = Set(try kept.parameters().map(\.name))
        return try Model(graph: kept, parameters: parameters.filter { names.contains($0.key) }, metadata: metadata)
    }
}

extension Layer {
    /// The same layer with a bias; nil where it can have none.
    fileprivate var withBias: Layer? {
        switch self {
        case .dense(let units, _): .dense(units: units, bias: true)
        case .conv2D(let filters, let window, let groups, _):
            .conv2D(filters: filters, window: window, groups: groups, bias: true)
        case .depthwiseConv2D(let multiplier, let window, _):
            .depthwiseConv2D(multiplier: multiplier, window: window, bias: true)
        case .transposedConv2D(let filters, let window, let padding, let groups, _):
            .transposedConv2D(filters: filters, window: window, outputPadding: padding, groups: groups, bias: true)
        default: nil
        }
    }
}
