// SPDX-License-Identifier: Apache-2.0
// Operators that move values without changing them: RESHAPE, SQUEEZE, EXPAND_DIMS, PAD, CONCATENATION.

import CNNQ
import NNQFormat

extension Int8Importer {
    mutating func translateReshape(_ operation: TFLiteOperator) throws {
        let (input, output) = (try input(operation, 0), try output(operation))
        guard input.tensor.count == output.tensor.count else {
            throw model.failure(
                operation, "makes \(output.tensor.shape.shapeText) of \(input.tensor.shape.shapeText): export it again")
        }
        try checkUnchanged(operation, input, output)
        try append(.reshape, inputs: [input.place!], output: output, of: operation)
    }

    /// Values keep their bits, so the numbers that they stand for stay only with the same quantization.
    func checkUnchanged(_ operation: TFLiteOperator, _ input: TFLiteOperand, _ output: TFLiteOperand) throws {
        guard input.zeroPoint == output.zeroPoint, abs(input.scale - output.scale) <= 1e-6 * output.scale else {
            throw model.failure(
                operation, "changes the quantization from \"\(input.tensor.name)\", and this operator cannot: quantize "
                    + "the model again")
        }
    }

    /// The border is of the third input's value, or of zeros.
    mutating func translatePad(_ operation: TFLiteOperator) throws {
        let (input, output) = (try input(operation, 0), try output(operation))
        try checkUnchanged(operation, input, output)
        let margins = try model.margins(operation, budget: &budget)
        guard margins.count == input.tensor.shape.count else {
            throw model.failure(operation, "has paddings for \(margins.count) axes: export the model again")
        }
        var sides = [(0, 0), (0, 0), (0, 0)]
        for (axis, margin) in margins.enumerated() where margin != (0, 0) {
            guard let place = input.tensor.mapAxis(axis) else {
                throw model.failure(operation, "pads axis \(axis), the batch or one too many: reshape before it")
            }
            sides[place] = margin
        }
        guard output.extents.along == zip(input.extents.along, sides).map({ $0 + $1.0 + $1.1 }) else {
            throw model.failure(operation, "its output is \(output.tensor.shape.shapeText): export the model again")
        }
        var parameters = nnq_pad_params()
        (parameters.pad_top, parameters.pad_bottom) = (Int32(sides[0].0), Int32(sides[0].1))
        (parameters.pad_left, parameters.pad_right) = (Int32(sides[1].0), Int32(sides[1].1))
        (parameters.pad_front, parameters.pad_back) = (Int32(sides[2].0), Int32(sides[2].1))
        parameters.value = Int32(try padding(operation, output))
        try append(.pad(parameters), inputs: [input.place!], output: output, of: operation)
    }

    private mutating func padding(_ operation: TFLiteOperator, _ output: TFLiteOperand) throws -> Int8 {
        guard let index = model.optionalInput(operation, 2) else { return output.quantization.zeroPoint }
        guard model.tensors[index].type == .int8, model.tensors[index].count == 1,
            let value = try budget.integers(Int8.self, index, for: operation)?.first
        else {
            throw model.failure(
                operation, "\"\(model.tensors[index].name)\" must be one constant int8 value: fold it when converting")
        }
        return value
    }

    /// TensorFlow Lite Micro joins int8 values as they are.
    mutating func translateConcatenation(_ operation: TFLiteOperator) throws {
        let output = try output(operation)
        let inputs = try operation.inputs.indices.map { try input(operation, $0) }
        let options = try model.options(operation, type: 10)
        guard try model.activation(operation, options, slot: 1) == .none else {
            throw model.failure(operation, "has an activation fused: export it as an operator of its own")
        }
        let number: Int32 = try options?.integer(0, "the axis") ?? 0
        guard let axis = output.tensor.mapAxis(Int(number)) else {
            throw model.failure(operation, "joins along axis \(number), the batch or one too many: reshape before it")
        }
        for input in inputs { try checkUnchanged(operation, input, output) }
        try checkJoin(operation, inputs.map(\.extents), output.extents, axis: axis)
        try appendConcatenation(operation, inputs, output, axis: axis)
    }

    private func checkJoin(
        _ operation: TFLiteOperator, _ inputs: [MapExtents], _ output: MapExtents, axis: Int
    ) throws {
        let parts = inputs.map { $0.along }
        let whole = output.along
        for other in 0..<3 where other != axis && parts.contains(where: { $0[other] != whole[other] }) {
            throw model.failure(operation, "joins tensors of different shapes: export the model again")
        }
        guard parts.reduce(0, { $0 + $1[axis] }) == whole[axis] else {
            throw model.failure(operation, "its inputs do not add up to its output: export the model again")
        }
    }

    /// Eight at a time, which is what an op takes.
    private mutating func appendConcatenation(
        _ operation: TFLiteOperator, _ inputs: [TFLiteOperand], _ output: TFLiteOperand, axis: Int
    ) throws {
        var pending = inputs.map { (place: $0.place!, extents: $0.extents) }
        var part = 1
        while pending.count > 8 {
            let first = Array(pending.prefix(8))
            var extents = first[0].extents
            extents.set(axis, first.reduce(0) { $0 + $1.extents.along[axis] })
            let place = try appendPart(
                .concat(axis: axis, first.map { _ in .identity }), inputs: first.map(\.place), extents: extents,
                output.quantization, output: output, part: part, of: operation)
            pending.replaceSubrange(0..<8, with: [(place, extents)])
            part += 1
        }
        try append(
            .concat(axis: axis, pending.map { _ in .identity }), inputs: pending.map(\.place), output: output,
            of: operation)
    }
}

extension MapExtents {
    /// By axis.
    var along: [Int] { [height, width, channels] }

    mutating func set(_ axis: Int, _ extent: Int) {
        switch axis {
        case 0: height = extent
        case 1: width = extent
        default: channels = extent
        }
    }
}

extension TFLiteModel {
    /// The paddings of PAD by axis, before and after.
    func margins(_ operation: TFLiteOperator, budget: inout ConstantBudget) throws -> [(Int, Int)] {
        let values = try constantIntegers(operation, 1, budget: &budget)
        guard values.count.isMultiple(of: 2), values.allSatisfy({ (0...65535).contains($0) }) else {
            throw failure(operation, "has paddings of \(values): two from 0 to 65535 are needed for each axis")
        }
        return stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
    }

    /// A constant list of numbers: axes, sizes, paddings.
    func constantIntegers(
        _ operation: TFLiteOperator, _ position: Int, budget: inout ConstantBudget
    ) throws -> [Int] {
        let index = try input(operation, position)
        let numbers: [Int]? =
            switch tensors[index].type {
            case .int32: try budget.integers(Int32.self, index, for: operation)?.map { Int($0) }
            case .int64: try budget.integers(Int64.self, index, for: operation)?.map { Int($0) }
            default: nil
            }
        guard let numbers, numbers.count <= 65535 else {
            throw failure(
                operation, "\"\(tensors[index].name)\" must be a constant of int32 numbers: fold it when converting")
        }
        return numbers
    }
}
