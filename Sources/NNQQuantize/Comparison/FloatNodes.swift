// SPDX-License-Identifier: Apache-2.0
// Which layer of a float model each tensor of an int8 program stands for, from their names alone.

import NNQFormat
import NNQGraph

extension Program {
    /// By tensor: the node of `folded` whose value it holds, nil for steps in between.
    ///
    /// A tensor is called after the layer whose op writes it; where an activation is fused into that op, the tensor holds
    /// the activation's value.
    /// - Parameter folded: the float model after `Model.rewritten`, as it was when the program was made.
    public func floatNodes(of folded: Model) -> [String?] {
        let graph = folded.graph
        var report = RewriteReport()
        let fusion = ActivationFusion(graph, isEnabled: true, report: &report)
        let names = Set(tensors.map(\.name))
        let indices = Dictionary(uniqueKeysWithValues: graph.nodes.enumerated().map { ($1.name, $0) })
        return tensors.map { tensor in
            guard let index = indices[tensor.name] else { return nil }
            let result = graph.nodes[fusion.result(of: index)].name
            return names.contains(result) ? tensor.name : result
        }
    }
}
