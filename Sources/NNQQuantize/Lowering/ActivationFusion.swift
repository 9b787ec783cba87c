// SPDX-License-Identifier: Apache-2.0
// Which activations become the output limits of the layer before them.

import NNQArithmetic
import NNQGraph

/// For each node, the activation that its op computes along.
struct ActivationFusion {
    /// By node: the ReLU, ReLU6 or clip fused into it.
    private(set) var activation: [Int: Int] = [:]
    /// Activations that are fused and so have no op of their own.
    private(set) var fused: Set<Int> = []

    /// - Parameter isEnabled: false leaves every activation on its own.
    init(_ graph: Graph, isEnabled: Bool, report: inout RewriteReport) {
        guard isEnabled else { return }
        let consumers = graph.consumers
        for (index, node) in graph.nodes.enumerated() where node.layer.hasOutputLimits {
            guard consumers[index].count == 1, !graph.outputs.contains(index) else { continue }
            let reader = consumers[index][0]
            guard case .activation(let function) = graph.nodes[reader].layer, function.isClamp else { continue }
            activation[index] = reader
            fused.insert(reader)
            report.note(.fuseActivations, graph.nodes[reader].name, "fused into '\(node.name)'")
        }
    }

    /// The node whose value a node's op computes: its fused activation, or itself.
    func result(of index: Int) -> Int { activation[index] ?? index }
}

extension Layer {
    /// Whether the layer's op clamps its output to limits of its own.
    fileprivate var hasOutputLimits: Bool {
        switch self {
        case .dense, .conv2D, .depthwiseConv2D, .transposedConv2D, .maxPool, .averagePool, .globalAveragePool,
            .globalMaxPool, .matmul, .add, .binary(.subtract), .binary(.multiply), .binary(.divide):
            true
        default: false
        }
    }
}
