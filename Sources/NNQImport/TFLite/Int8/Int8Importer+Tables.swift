// SPDX-License-Identifier: Apache-2.0
// Functions of one element, and the changes between float and int8 at a model's edges.

import NNQFormat

extension Int8Importer {
    mutating func translateFunction(_ operation: TFLiteOperator, _ kind: TFLiteKind) throws {
        let (input, output) = (try input(operation, 0), try output(operation))
        guard input.extents == output.extents else {
            throw model.failure(operation, "changes the shape, and a function of one element cannot: export it again")
        }
        let function = try function(operation, kind, input.quantization, output.quantization)
        let values = (-128...127).map { Int8(min(max(function($0), -128), 127)) }
        try append(.table(values), inputs: [input.place!], output: output, of: operation)
    }

    private func function(
        _ operation: TFLiteOperator, _ kind: TFLiteKind, _ input: Quantization, _ output: Quantization
    ) throws -> TFLiteFunction {
        switch kind {
        case .logistic:
            guard output.zeroPoint == -128 else {
                throw model.failure(
                    operation, "its output's zero point is \(output.zeroPoint) and must be -128: quantize it again")
            }
            return .logistic(input)
        case .tanh: return .tanh(input)
        case .leakyReLU:
            let alpha = try model.options(operation, type: 75)?.float(0, "alpha") ?? 0
            guard alpha.isFinite, let function = TFLiteFunction.leakyReLU(alpha: alpha, input, output) else {
                throw model.failure(operation, "its slope is \(alpha), and 0 to 2^30 can be imported: train it anew")
            }
            return function
        case .hardSwish:
            guard let function = TFLiteFunction.hardSwish(input, output) else {
                throw model.failure(operation, "its output's scale is below 1/128 of its input's: quantize it again")
            }
            return function
        case .relu: return .relu(input, output)
        case .relu6: return .relu6(input)
        default: return .requantize(input, output)
        }
    }

    /// At the start of a model it makes the program's input; between int8 tensors it changes the scale.
    mutating func translateQuantize(_ operation: TFLiteOperator) throws {
        let source = try model.input(operation, 0)
        guard model.tensors[source].type == .float32 else { return try translateFunction(operation, .quantize) }
        let output = try output(operation)
        if placeOf[output.index] != nil { return }
        guard let place = placeOf[source] else {
            throw model.failure(
                operation, "quantizes \"\(model.tensors[source].name)\", which is computed in float: quantize the "
                    + "whole model to int8")
        }
        guard program.tensors[place].quantization == output.quantization else {
            throw model.failure(
                operation, "quantizes \"\(model.tensors[source].name)\" in another way than an operator before it: "
                    + "quantize an input once")
        }
        placeOf[output.index] = place
    }

    /// At the end of a model: the program returns the int8 values.
    mutating func translateDequantize(_ operation: TFLiteOperator) throws {
        let input = try input(operation, 0)
        guard let output = operation.outputs.first, operation.outputs.count == 1 else {
            throw model.failure(operation, "has \(operation.outputs.count) outputs and should have 1: export it again")
        }
        if let reader = readerOf[output] {
            throw model.failure(
                reader, "computes in float after \(model.describe(operation)): quantize the whole model to int8")
        }
        placeOf[output] = input.place
    }
}
