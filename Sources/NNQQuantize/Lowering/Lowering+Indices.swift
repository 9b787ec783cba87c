// SPDX-License-Identifier: Apache-2.0
// Layers whose tensors hold whole numbers that name something: embedding and argMax.

import CNNQ
import NNQFormat
import NNQGraph

extension Quantization {
    /// Of whole numbers: as they are.
    fileprivate static let wholeNumbers = Quantization(scale: 1, zeroPoint: 0)
    /// The same for 0 ... 255 in a byte.
    fileprivate static let smallNumbers = Quantization(scale: 1, zeroPoint: -128)
}

extension Graph {
    /// The quantization and type of an input that only embeddings read, or nil for another.
    func indexInput(_ index: Int) -> (Quantization, ElementType)? {
        let counts = consumers[index].map { reader -> Int? in
            if case .embedding(let count, _) = nodes[reader].layer { return count }
            return nil
        }
        guard !counts.isEmpty, !outputs.contains(index), counts.allSatisfy({ $0 != nil }) else { return nil }
        return counts.allSatisfy { $0! <= 256 } ? (.smallNumbers, .int8) : (.wholeNumbers, .int32)
    }
}

extension Lowering {
    mutating func lowerEmbedding(_ index: Int, count: Int) throws {
        let node = graph.nodes[index]
        let indices = program.tensors[input(index, 0)]
        guard indices.quantization.scale == 1 else {
            throw QuantizeError.at(
                node,
                "it reads numbers that '\(graph.nodes[node.inputs[0]].name)' computes or that others read too: "
                    + "in an int8 program its input is one of the model's own or an arg_max")
        }
        let weight = model.parameters["\(node.name).weight"]!.values
        guard weight.allSatisfy(\.isFinite) else {
            throw QuantizeError.at(
                node, "a weight is infinite or not a number: train again with a smaller learning rate")
        }
        let output = ValueRange(weight.min()!, weight.max()!).quantization
        var parameters = nnq_gather_params()
        parameters.count = Int32(count)
        try append(.gather(parameters, table: weight.map(output.quantize)), for: index, output)
    }

    mutating func lowerArgMax(_ index: Int) throws {
        try append(.argMax(nnq_arg_max_params()), for: index, .wholeNumbers, type: .int32)
    }
}
