// SPDX-License-Identifier: Apache-2.0
// Where a model that trains for int8 rounds its tensors, read off its int8 program.

import NNQArithmetic
import NNQFormat
import NNQGraph

/// The nodes whose values int8 rounds anew; values of others are among those of their inputs.
struct RoundedNodes {
    /// By index: the quantization that calibration gives them.
    private(set) var quantizations: [Int: Quantization] = [:]

    /// Rounding stands where the program has a quantization of its own: where lowering asks for a calibrated range, at
    /// functions whose tables have a fixed one, and at concats, which bring what they join to one. What a concat alone
    /// reads is rounded there.
    /// - Throws: `QuantizeError` where no int8 program can be had, or where training cannot see what one rounds.
    init(_ model: Model, _ fusion: ActivationFusion, _ ranges: OutputRanges) throws {
        let graph = model.graph
        for node in graph.nodes where node.layer.isRecurrent {
            throw QuantizeError.at(
                node, "training does not round what int8 rounds inside of it: quantize the model without --qat")
        }
        let lowering = try Lowering(model, fusion, ranges)
        let tensors = zip(lowering.nodeOfTensor, lowering.program.tensors)
        let known = Dictionary(
            tensors.compactMap { node, tensor in node.map { ($0, tensor.quantization) } }, uniquingKeysWith: { $1 })
        let sharing = ConcatSharing(graph, calibrated: fusion, metadata: model.metadata)
        let calibrated = OutputRanges.needed(graph, fusion, metadata: model.metadata)
        for index in calibrated + graph.nodes.indices.filter({ graph.nodes[$0].layer.hasOwnQuantization })
        where sharing.owner[index] == nil {
            quantizations[index] = known[graph.nodes[index].name]
        }
    }
}

extension ConcatSharing {
    /// Of a graph whose tensors lowering quantizes by calibrated ranges.
    init(_ graph: Graph, calibrated fusion: ActivationFusion, metadata: Metadata) {
        let calibrated = OutputRanges.needed(graph, fusion, metadata: metadata)
        let own = graph.nodes.indices.filter { graph.nodes[$0].layer.hasOwnQuantization }
        self.init(graph, holders: Set(calibrated + own.filter { !graph.nodes[$0].layer.isConcat }))
    }
}

extension Layer {
    /// Whether the layer's op has a quantization that is not calibrated, and can have another.
    fileprivate var hasOwnQuantization: Bool {
        switch self {
        case .activation(let function): function.fixedOutput != nil
        case .concat: true
        default: false
        }
    }

    fileprivate var isRecurrent: Bool {
        switch self {
        case .lstm, .gru: true
        default: false
        }
    }
}
