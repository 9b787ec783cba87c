// SPDX-License-Identifier: Apache-2.0
// Layers of several inputs: sums, differences and concat.

import CNNQ
import NNQArithmetic
import NNQFormat
import NNQGraph

extension Lowering {
    /// - Parameter signs: 1 or -1 for each of the two inputs.
    mutating func lowerSum(_ index: Int, signs: [Int]) throws {
        try checkBroadcast(index)
        let inputs = inputs(index).map { program.tensors[$0].quantization }
        let (sum, output) = try fitted(index, calibratedOutput(index)) {
            SumArithmetic(inputs: inputs, signs: signs, output: $0)
        }
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

    /// More inputs than an op takes are joined eight at a time.
    mutating func lowerConcat(_ index: Int, axis: Int?) throws {
        guard let axis = MapExtents.axis(axis ?? -1, of: shapes[index]) else {
            throw QuantizeError.at(
                graph.nodes[index],
                "int8 tensors are maps, and this axis lies inside one of their extents: "
                    + "transpose, so that it becomes the first or the last")
        }
        var pending = inputs(index)
        let output = givenQuantization(index, pending) ?? joinedQuantization(pending)
        var extents = MapExtents(shapes[index])
        var part = 1
        while pending.count > Self.widestConcat {
            let first = Array(pending.prefix(Self.widestConcat))
            extents[axis] = first.reduce(0) { $0 + MapExtents(program.tensors[$1])[axis] }
            let joined = try appendPart(
                .concat(axis: axis, rescales(first, output)), of: index, inputs: first, extents: extents, part: part,
                output)
            pending.replaceSubrange(0..<Self.widestConcat, with: [joined])
            part += 1
        }
        try append(.concat(axis: axis, rescales(pending, output)), for: index, inputs: pending, output)
    }

    /// The quantization that the model came with, where the op can bring all its inputs to it.
    private func givenQuantization(_ index: Int, _ tensors: [Int]) -> Quantization? {
        guard let given = ranges.given(index) else { return nil }
        return tensors.allSatisfy { Rescale(from: program.tensors[$0].quantization, to: given) != nil } ? given : nil
    }

    /// A multiplier exists: the output's range holds every input's, so that its scale is the larger one, or this was
    /// looked at before.
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
