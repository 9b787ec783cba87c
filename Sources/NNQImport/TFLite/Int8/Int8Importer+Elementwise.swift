// SPDX-License-Identifier: Apache-2.0
// ADD, SUB, MUL, MINIMUM, MAXIMUM and PRELU, whose operands repeat along extents of 1.

import CNNQ
import NNQFormat

extension Int8Importer {
    /// ADD's scales are combined in double precision.
    mutating func translateAdd(_ operation: TFLiteOperator) throws {
        let (a, b, output) = try pair(operation)
        let largest = 2 * Double(max(a.quantization.scale, b.quantization.scale))
        try appendSum(
            operation, a, b, output, options: 11, subtract: 0,
            [a.scale / largest, b.scale / largest, largest / (0x1p20 * output.scale)])
    }

    /// SUB's scales are combined in single precision.
    mutating func translateSubtract(_ operation: TFLiteOperator) throws {
        let (a, b, output) = try pair(operation)
        let largest = 2 * max(a.quantization.scale, b.quantization.scale)
        let factors = [
            a.quantization.scale / largest, b.quantization.scale / largest,
            largest / (0x1p20 * output.quantization.scale),
        ]
        try appendSum(operation, a, b, output, options: 28, subtract: 1, factors.map { Double($0) })
    }

    private mutating func appendSum(
        _ operation: TFLiteOperator, _ a: TFLiteOperand, _ b: TFLiteOperand, _ output: TFLiteOperand, options: UInt8, subtract: Int32,
        _ factors: [Double]
    ) throws {
        guard factors.allSatisfy({ $0 < 1 }) else {
            throw model.failure(operation, "its output's scale is too small for its inputs': quantize the model again")
        }
        let multipliers = factors.map { TFLiteMultiplier($0) }
        var parameters = nnq_tflite_add_params()
        (parameters.multiplier_a, parameters.shift_a) = try fields(operation, multipliers[0])
        (parameters.multiplier_b, parameters.shift_b) = try fields(operation, multipliers[1])
        (parameters.multiplier, parameters.shift) = try fields(operation, multipliers[2])
        parameters.left_shift = 20
        parameters.subtract = subtract
        (parameters.act_min, parameters.act_max) = try fusedLimits(operation, options: options, output).parameters
        try append(.tfliteAdd(parameters), inputs: [a.place!, b.place!], output: output, of: operation)
    }

    mutating func translateMultiply(_ operation: TFLiteOperator) throws {
        let (a, b, output) = try pair(operation)
        var parameters = nnq_mul_params()
        (parameters.multiplier, parameters.shift) = try fields(
            operation, TFLiteMultiplier(a.scale * b.scale / output.scale))
        parameters.rounding = 1
        (parameters.act_min, parameters.act_max) = try fusedLimits(operation, options: 21, output).parameters
        try append(.mul(parameters), inputs: [a.place!, b.place!], output: output, of: operation)
    }

    /// TensorFlow Lite Micro compares int8 values whatever they stand for.
    mutating func translateExtremum(_ operation: TFLiteOperator, _ op: Operation) throws {
        let (a, b, output) = try pair(operation)
        try checkUnchanged(operation, a, output)
        try checkUnchanged(operation, b, output)
        try append(op, inputs: [a.place!, b.place!], output: output, of: operation)
    }

    mutating func translatePReLU(_ operation: TFLiteOperator) throws {
        let (input, slope, output) = try pair(operation)
        guard input.extents == output.extents else {
            throw model.failure(operation, "its input is smaller than its output: export the model again")
        }
        var parameters = nnq_prelu_params()
        (parameters.multiplier_positive, parameters.shift_positive) = try fields(
            operation, TFLiteMultiplier(input.scale / output.scale))
        (parameters.multiplier_negative, parameters.shift_negative) = try fields(
            operation, TFLiteMultiplier(input.scale * slope.scale / output.scale))
        parameters.rounding = 1
        try append(.prelu(parameters), inputs: [input.place!, slope.place!], output: output, of: operation)
    }

    /// Two operands that repeat to the output's shape. A map has three axes: where there are more, nothing repeats.
    private mutating func pair(_ operation: TFLiteOperator) throws -> (TFLiteOperand, TFLiteOperand, TFLiteOperand) {
        let (a, b, output) = (try operand(operation, 0), try operand(operation, 1), try output(operation))
        for operand in [a, b] {
            let repeats = zip(operand.extents.along, output.extents.along).allSatisfy { $0 == $1 || $0 == 1 }
            let isPlain = output.tensor.sample.count <= 3 || operand.tensor.sample == output.tensor.sample
            guard repeats, isPlain else {
                throw model.failure(
                    operation, "\"\(operand.tensor.name)\" is \(operand.tensor.shape.shapeText) and cannot repeat to "
                        + "\(output.tensor.shape.shapeText): reshape it before")
            }
        }
        return (a, b, output)
    }

    /// The fields of a multiplier.
    func fields(_ operation: TFLiteOperator, _ multiplier: TFLiteMultiplier) throws -> (Int32, Int32) {
        guard let shift = multiplier.shift else {
            throw model.failure(
                operation, "its output's scale is too small for its inputs', by a factor above 2^30: quantize it again")
        }
        return (multiplier.multiplier, Int32(shift))
    }

    /// The limits of an operator whose activation is the first of its options.
    func fusedLimits(_ operation: TFLiteOperator, options: UInt8, _ output: TFLiteOperand) throws -> ClosedRange<Int> {
        let options = try model.options(operation, type: options)
        return try limits(operation, model.activation(operation, options, slot: 0), output.quantization)
    }
}
