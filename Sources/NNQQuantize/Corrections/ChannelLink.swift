// SPDX-License-Identifier: Apache-2.0
// Pairs of linear layers between which each channel can be scaled without changing what the network computes.

import NNQGraph

/// Two layers of weights and what lies between them: functions that keep channels apart and commute with factors above
/// zero, f(s x) = s f(x). ReLU6 does so only where its upper clip does not act.
struct ChannelLink {
    /// Nodes of the graph.
    let first: Int
    let second: Int
    /// The nodes between them, in order.
    let path: [Int]
    /// Channels of what `second` reads, innermost; of a flattened map those of the map.
    let channels: Int

    /// All links of a graph, in order.
    static func all(in graph: Graph) throws -> [ChannelLink] {
        let shapes = try graph.shapes()
        let consumers = graph.consumers
        return graph.nodes.indices.compactMap { first in
            guard graph.nodes[first].layer.isLinear else { return nil }
            var path: [Int] = []
            var last = first
            while consumers[last].count == 1, !graph.outputs.contains(last) {
                let reader = consumers[last][0]
                if graph.nodes[reader].layer.isLinear {
                    return ChannelLink(first: first, second: reader, path: path, channels: shapes[first].channels)
                }
                guard graph.nodes[reader].layer.commutesWithFactors else { return nil }
                path.append(reader)
                last = reader
            }
            return nil
        }
    }

    func hasReLU6(_ graph: Graph) -> Bool { path.contains { graph.nodes[$0].layer == .activation(.relu6) } }
    func hasReLU(_ graph: Graph) -> Bool { path.contains { graph.nodes[$0].layer == .activation(.relu) } }
}

extension Layer {
    /// Layers of weights whose outputs are sums of products.
    var isLinear: Bool {
        switch self {
        case .dense, .conv2D, .depthwiseConv2D, .transposedConv2D: true
        default: false
        }
    }

    fileprivate var commutesWithFactors: Bool {
        switch self {
        case .activation(.relu), .activation(.relu6), .activation(.leakyReLU), .prelu, .maxPool, .averagePool,
            .globalAveragePool, .globalMaxPool, .pad, .flatten, .dropout:
            true
        default: false
        }
    }
}

/// Which input channel each weight of a linear layer reads.
struct FilterGeometry {
    let outputs: Int
    /// Weights of one output channel.
    let terms: Int
    private let layer: Layer
    private let channels: Int

    /// - Parameters:
    ///   - channels: of the layer's input; of a flattened map, those of the map.
    ///   - count: weights in all.
    init(_ layer: Layer, channels: Int, outputs: Int, count: Int) {
        self.layer = layer
        self.channels = channels
        self.outputs = outputs
        terms = count / outputs
    }

    func inputChannel(output: Int, term: Int) -> Int {
        switch layer {
        case .depthwiseConv2D(let multiplier, _, _): return output / multiplier
        case .conv2D(_, _, let groups, _), .transposedConv2D(_, _, _, let groups, _):
            let depth = channels / groups
            return output / (outputs / groups) * depth + term % depth
        default: return term % channels
        }
    }
}

extension Model {
    func geometry(_ node: Int, channels: Int) -> FilterGeometry {
        let weight = parameters["\(graph.nodes[node].name).weight"]!
        return FilterGeometry(
            graph.nodes[node].layer, channels: channels, outputs: weight.shape[0], count: weight.count)
    }

    /// By output channel of a linear layer, the magnitude of its largest weight.
    func largestByOutput(_ node: Int) -> [Double] {
        let weight = parameters["\(graph.nodes[node].name).weight"]!
        let terms = weight.count / weight.shape[0]
        return (0..<weight.shape[0]).map { output in
            Double(weight.values[output * terms..<(output + 1) * terms].reduce(0) { max($0, abs($1)) })
        }
    }

    /// By input channel, the magnitude of the largest weight that reads it.
    func largestByInput(_ node: Int, channels: Int) -> [Double] {
        let values = parameters["\(graph.nodes[node].name).weight"]!.values
        let geometry = geometry(node, channels: channels)
        var largest = Array(repeating: 0.0, count: channels)
        for output in 0..<geometry.outputs {
            for term in 0..<geometry.terms {
                let channel = geometry.inputChannel(output: output, term: term)
                largest[channel] = max(largest[channel], Double(abs(values[output * geometry.terms + term])))
            }
        }
        return largest
    }

    /// Divides a link's channels by `factors`: the weights and biases that make them, and multiplies those that read
    /// them.
    mutating func divide(_ link: ChannelLink, by factors: [Double]) {
        let (first, second) = (graph.nodes[link.first].name, graph.nodes[link.second].name)
        parameters["\(first).weight"]!.divideRows(by: factors)
        parameters["\(first).bias"]?.divideRows(by: factors)
        let geometry = geometry(link.second, channels: link.channels)
        var weight = parameters["\(second).weight"]!
        for output in 0..<geometry.outputs {
            for term in 0..<geometry.terms {
                let factor = factors[geometry.inputChannel(output: output, term: term)]
                let place = output * geometry.terms + term
                weight.values[place] = Float(Double(weight.values[place]) * factor)
            }
        }
        parameters["\(second).weight"] = weight
    }
}

extension Tensor {
    /// Divides each of the outermost extent's rows by its factor.
    fileprivate mutating func divideRows(by factors: [Double]) {
        let terms = count / factors.count
        for place in values.indices { values[place] = Float(Double(values[place]) / factors[place / terms]) }
    }
}
