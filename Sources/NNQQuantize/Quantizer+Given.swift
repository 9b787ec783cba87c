// SPDX-License-Identifier: Apache-2.0
// From a model that another tool quantized to an int8 program: lowering without calibration.

import NNQFormat
import NNQGraph

extension Quantizer {
    /// Lowers a model whose tensors have their quantization already.
    /// - Parameters:
    ///   - quantizations: by layer name, of the layer's output.
    ///   - weightScales: by layer name, of each output channel's weights; without them, the least that hold them.
    /// - Throws: `QuantizeError` naming a layer that has no int8 op, or whose output's quantization is not given.
    public static func lower(
        _ model: Model, quantizations: [String: Quantization], weightScales: [String: [Float]] = [:]
    ) throws -> Program {
        var (folded, report) = try model.rewritten([.removeDropout, .removeIdentities, .foldBatchNorm])
        let graph = folded.graph
        let fusion = ActivationFusion(graph, isEnabled: true, report: &report)
        var known = quantizations
        for (index, activation) in fusion.activation where known[graph.nodes[activation].name] == nil {
            // An activation without a quantization of its own has that of the layer whose limits it becomes.
            known[graph.nodes[activation].name] = quantizations[graph.nodes[index].name]
        }
        for node in graph.nodes where known[node.name] == nil {
            guard case .constant = node.layer, let values = folded.parameters["\(node.name).value"]?.values else {
                continue
            }
            known[node.name] = ValueRange(values.min() ?? 0, values.max() ?? 0).quantization
        }
        for index in OutputRanges.needed(graph, fusion, metadata: folded.metadata) {
            let node = graph.nodes[index]
            guard known[node.name] != nil else {
                throw QuantizeError.at(
                    node, "its output is not quantized in the model: quantize all of the model, or none of it")
            }
        }
        folded.metadata.hasByteInput = false
        let ranges = OutputRanges(graph, given: known)
        return try Lowering(folded, fusion, ranges, weightScales: weightScales).program
    }
}
