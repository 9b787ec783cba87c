// SPDX-License-Identifier: Apache-2.0
// Decides, before compilation, which nodes are computed at all and which activations their producers apply themselves.

import NNQGraph

/// What is known about each node of a graph before it is compiled.
struct Fusion {
    /// False for nodes that no wanted value depends on.
    private(set) var isLive: [Bool]
    /// True where the node's value depends on a trained parameter.
    private(set) var needsGradient: [Bool]
    /// For an activation that another node applies: the producer, whose value stands for the activation's.
    private(set) var host: [Int?]
    /// For the node that applies an activation to its own result: that activation.
    private(set) var activation: [Activation?]
    private let graph: Graph
    private let shapes: [Shape]
    private let consumers: [[Int]]
    private let kept: Set<Int>
    /// Nodes whose values are rounded, before anything else is computed of them.
    private let rounded: Set<Int>

    init(
        graph: Graph, shapes: [Shape], isTraining: Bool, ends: [Int], kept: Set<Int>, rounded: Set<Int> = []
    ) {
        let nodes = graph.nodes
        self.graph = graph
        self.shapes = shapes
        self.kept = kept.union(ends)
        self.rounded = rounded
        var live = Array(repeating: false, count: nodes.count)
        for end in self.kept { live[end] = true }
        for index in nodes.indices.reversed() where live[index] {
            for input in nodes[index].inputs { live[input] = true }
        }
        isLive = live
        consumers = graph.consumers.map { $0.filter { live[$0] } }
        needsGradient = []
        host = Array(repeating: nil, count: nodes.count)
        activation = Array(repeating: nil, count: nodes.count)
        for node in nodes {
            let isTrained = node.layer.parameters(inputs: node.inputs.map { shapes[$0] }).contains(where: \.isTrainable)
            needsGradient.append(isTrained || node.inputs.contains { needsGradient[$0] })
        }
        for index in nodes.indices where live[index] { fuse(index, isTraining: isTraining) }
    }

    private mutating func fuse(_ index: Int, isTraining: Bool) {
        guard case .activation(let function) = graph.nodes[index].layer, function.isFusible else { return }
        let producer = graph.nodes[index].inputs[0]
        if function == .relu, !rounded.contains(producer), let pool = poolBehind(index) {
            host[index] = producer
            activation[pool] = function
            return
        }
        guard consumers[producer] == [index], !kept.contains(producer), !rounded.contains(producer) else { return }
        switch graph.nodes[producer].layer {
        case .dense, .conv2D, .depthwiseConv2D, .transposedConv2D: break
        case .add where haveOneShape(graph.nodes[producer].inputs): break
        case .batchNorm where function == .relu: break
        default: return
        }
        host[index] = producer
        activation[producer] = function
    }

    private func haveOneShape(_ nodes: [Int]) -> Bool { nodes.allSatisfy { shapes[$0] == shapes[nodes[0]] } }

    /// The max pool that is the node's only reader: ReLU and maximum commute, and the pool has fewer outputs.
    private func poolBehind(_ index: Int) -> Int? {
        guard !kept.contains(index), consumers[index].count == 1, case .maxPool = graph.nodes[consumers[index][0]].layer
        else { return nil }
        return consumers[index][0]
    }

    /// True where the node's value is read by dense layers and nothing else.
    func feedsDenseOnly(_ index: Int) -> Bool {
        guard !kept.contains(index), !consumers[index].isEmpty else { return false }
        return consumers[index].allSatisfy { if case .dense = graph.nodes[$0].layer { true } else { false } }
    }
}

extension Activation {
    /// True where oneDNN can apply it to a result before writing it, and find its derivative from its value alone.
    fileprivate var isFusible: Bool {
        switch self {
        case .relu, .relu6, .sigmoid, .tanh: true
        case .leakyReLU(let slope): slope >= 0
        default: false
        }
    }
}
