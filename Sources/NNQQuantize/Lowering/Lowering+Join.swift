// SPDX-License-Identifier: Apache-2.0
// Layers of several inputs: add and concat.

import CNNQ
import NNQFormat
import NNQGraph

extension Lowering {
    mutating func lowerAdd(_ index: Int) throws {
        let inputs = inputs(index).map { program.tensors[$0].quantization }
        let (sum, output) = try fitted(index, calibratedOutput(index)) { SumArithmetic(inputs: inputs, output: $0) }
        var parameters = nnq_add_params()
        parameters.multiplier_a = sum.multipliers[0]
        parameters.multiplier_b = sum.multipliers[1]
        parameters.constant = sum.constant
        parameters.shift = Int32(sum.shift)
        (parameters.act_min, parameters.act_max) = limits(index, output)
        try append(.add(parameters), for: index, output)
    }

    /// Largest number of inputs of one concat op.
    private static let widestConcat = 8

    /// Channels are joined; more inputs than an op takes are joined eight at a time.
    mutating func lowerConcat(_ index: Int) throws {
        var pending = inputs(index)
        let output = joinedQuantization(pending)
        var extents = MapExtents(shapes[index])
        var part = 1
        while pending.count > Self.widestConcat {
            let first = Array(pending.prefix(Self.widestConcat))
            extents.channels = first.reduce(0) { $0 + program.tensors[$1].channels }
            let joined = try appendPart(
                .concat(axis: 2, rescales(first, output)), of: index, inputs: first, extents: extents, part: part,
                output)
            pending.replaceSubrange(0..<Self.widestConcat, with: [joined])
            part += 1
        }
        try append(.concat(axis: 2, rescales(pending, output)), for: index, inputs: pending, output)
    }

    /// The output's range holds every input's, so its scale is the larger one and a multiplier exists.
    private func rescales(_ tensors: [Int], _ output: Quantization) -> [Rescale] {
        tensors.map { Rescale(from: program.tensors[$0].quantization, to: output)! }
    }

    /// The quantization of the tensor whose range holds all the others', or else a new one that holds all.
    private func joinedQuantization(_ tensors: [Int]) -> Quantization {
        let quantizations = tensors.map { program.tensors[$0].quantization }
        let ranges = quantizations.map { ValueRange(representableIn: $0) }
        let all = ranges.dropFirst().reduce(ranges[0]) { $0.union($1) }
        return zip(quantizations, ranges).first { $0.1 == all }?.0 ?? all.quantization
    }
}
