// SPDX-License-Identifier: Apache-2.0
// SOFTMAX, L2_NORMALIZATION, MEAN, SUM, REDUCE_MAX and REDUCE_MIN.

import CNNQ
import Foundation
import NNQFormat

extension Int8Importer {
    mutating func translateSoftmax(_ operation: TFLiteOperator) throws {
        let (input, output) = (try input(operation, 0), try output(operation))
        guard output.quantization == Quantization(scale: 0x1p-8, zeroPoint: -128) else {
            throw model.failure(operation, "its output's scale must be 1/256 and its zero point -128: quantize it again")
        }
        let beta = try model.options(operation, type: 9)?.float(0, "beta") ?? 0
        let factor = min(Double(beta) * input.scale * 0x1p26, Double(Int32.max))
        guard factor > 1 else {
            throw model.failure(operation, "its beta, \(beta), or its input's scale is too small: quantize it again")
        }
        var parameters = nnq_tflite_softmax_params()
        let multiplier = TFLiteMultiplier(factor)
        (parameters.multiplier, parameters.shift) = (multiplier.multiplier, Int32(31 - multiplier.exponent))
        try append(.tfliteSoftmax(parameters), inputs: [input.place!], output: output, of: operation)
    }

    mutating func translateNormalization(_ operation: TFLiteOperator) throws {
        let (input, output) = (try input(operation, 0), try output(operation))
        guard try model.activation(operation, model.options(operation, type: 12), slot: 0) == .none else {
            throw model.failure(operation, "has an activation fused: export it as an operator of its own")
        }
        guard output.quantization == Quantization(scale: 0x1p-7, zeroPoint: 0) else {
            throw model.failure(operation, "its output's scale must be 1/128 and its zero point 0: quantize it again")
        }
        try append(.l2Normalize, inputs: [input.place!], output: output, of: operation)
    }

    mutating func translateReduction(_ operation: TFLiteOperator, _ kind: TFLiteKind) throws {
        let (input, output) = (try input(operation, 0), try output(operation))
        let axes = try reducedAxes(operation, input)
        var extents = input.extents
        for axis in axes { extents.set(axis, 1) }
        guard extents.count == output.tensor.count else {
            throw model.failure(operation, "its output is \(output.tensor.shape.shapeText): export the model again")
        }
        let elements = input.extents.count / extents.count
        let parameters = try reduction(operation, kind, input, output, axes: axes, elements: elements)
        if extents == output.extents {
            return try append(.reduce(parameters), inputs: [input.place!], output: output, of: operation)
        }
        let place = try appendPart(
            .reduce(parameters), inputs: [input.place!], extents: extents, output.quantization, output: output,
            of: operation)
        try append(.reshape, inputs: [place], output: output, of: operation)
    }

    /// Axes of the map. The batch is of extent 1, so that it does not matter.
    private mutating func reducedAxes(_ operation: TFLiteOperator, _ input: TFLiteOperand) throws -> Set<Int> {
        let rank = input.tensor.shape.count
        var axes: Set<Int> = []
        for number in try model.constantIntegers(operation, 1, budget: &budget) {
            let axis = number < 0 ? number + rank : number
            guard (0..<rank).contains(axis) else {
                throw model.failure(operation, "reduces axis \(number) of \(rank): export the model again")
            }
            if input.tensor.hasBatch, axis == 0 { continue }
            guard let place = input.tensor.mapAxis(axis) else {
                throw model.failure(operation, "reduces \(rank) axes, and maps have three: reshape before it")
            }
            axes.insert(place)
        }
        // A sum over nothing is one over an extent of 1.
        if axes.isEmpty, let single = input.extents.along.firstIndex(of: 1) { axes = [single] }
        guard !axes.isEmpty else { throw model.failure(operation, "reduces no axis: leave it out when converting") }
        return axes
    }

    private func reduction(
        _ operation: TFLiteOperator, _ kind: TFLiteKind, _ input: TFLiteOperand, _ output: TFLiteOperand, axes: Set<Int>,
        elements: Int
    ) throws -> nnq_reduce_params {
        var parameters = nnq_reduce_params()
        parameters.axes = axes.reduce(0) { $0 | 1 << Int32($1) }
        var multiplier = TFLiteMultiplier(input.scale / output.scale)
        switch kind {
        case .reduceMax, .reduceMin:
            try checkUnchanged(operation, input, output)
            (parameters.kind, parameters.shift) = (kind == .reduceMax ? 1 : 2, 31)
            return parameters
        case .mean: multiplier.divide(by: elements)
        default: break
        }
        (parameters.multiplier, parameters.shift) = try fields(operation, multiplier)
        parameters.rounding = 1
        return parameters
    }
}

extension TFLiteMultiplier {
    /// Divides by a number of elements as MEAN does: the multiplier is first made as long as 64 bits, and the number's
    /// own, allow.
    fileprivate mutating func divide(by elements: Int) {
        let bits = min(Int.bitWidth - 1 - elements.leadingZeroBitCount, 32, 31 + exponent)
        multiplier = Int32((Int64(multiplier) << bits) / Int64(elements))
        exponent -= bits
    }
}
