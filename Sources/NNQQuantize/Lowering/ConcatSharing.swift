// SPDX-License-Identifier: Apache-2.0
// Which tensors take a concat's quantization over, because nobody else reads them.

import NNQArithmetic
import NNQGraph

/// Nodes that a concat alone reads. With the concat's steps they are copied, and rounding happens once; finer ones
/// would be of no use.
struct ConcatSharing {
    /// By such a node, inner concats included: the outermost concat.
    private(set) var owner: [Int: Int] = [:]
    private let graph: Graph
    private let holders: Set<Int>
    private let consumers: [[Int]]

    /// - Parameter holders: nodes that have a quantization of their own.
    init(_ graph: Graph, holders: Set<Int>) {
        self.graph = graph
        self.holders = holders
        consumers = graph.consumers
        // Outer concats come first.
        for index in graph.nodes.indices.reversed() where graph.nodes[index].layer.isConcat {
            for input in graph.nodes[index].inputs { claim(input, for: owner[index] ?? index) }
        }
    }

    private mutating func claim(_ index: Int, for concat: Int) {
        let layer = graph.nodes[index].layer
        guard consumers[index].count == 1, !graph.outputs.contains(index) else { return }
        if case .input = layer { return }
        if holders.contains(index) || layer.isConcat {
            owner[index] = concat
        } else if layer.keepsQuantization {
            for input in graph.nodes[index].inputs { claim(input, for: concat) }
        }
    }
}
