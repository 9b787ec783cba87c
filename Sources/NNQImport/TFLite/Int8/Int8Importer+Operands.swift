// SPDX-License-Identifier: Apache-2.0
// What the operators of an int8 model read and write.

import NNQFormat

/// An int8 activation that an operator reads or writes.
struct TFLiteOperand {
    /// Its index in the TFLite model.
    var index: Int
    var tensor: TFLiteTensor
    var quantization: Quantization
    /// Its index in the program, where it is there already.
    var place: Int?

    var extents: MapExtents { tensor.extents }
    var zeroPoint: Int { Int(quantization.zeroPoint) }
    /// The scale in the precision in which TensorFlow Lite combines scales.
    var scale: Double { Double(quantization.scale) }
}

extension Int8Importer {
    /// Activation `position` of an operator.
    func input(_ operation: TFLiteOperator, _ position: Int) throws -> TFLiteOperand {
        let index = try model.input(operation, position)
        let quantization = try model.activationQuantization(index, of: operation)
        guard let place = placeOf[index] else {
            throw model.failure(
                operation, "reads the constant \"\(model.tensors[index].name)\", and needs an activation there: fold it "
                    + "when converting")
        }
        return TFLiteOperand(index: index, tensor: model.tensors[index], quantization: quantization, place: place)
    }

    /// TFLiteOperand `position` of an operator that also takes constants, which become ops of their own.
    mutating func operand(_ operation: TFLiteOperator, _ position: Int) throws -> TFLiteOperand {
        let index = try model.input(operation, position)
        if placeOf[index] == nil, model.tensors[index].type == .int8,
            let values = try budget.integers(Int8.self, index, for: operation)
        {
            program.operations.append(ProgramOperation(.constant(values), inputs: []))
            try appendTensor(index, of: operation)
            placeOf[index] = program.tensors.count - 1
        }
        return try input(operation, position)
    }

    /// The operator's only output.
    func output(_ operation: TFLiteOperator) throws -> TFLiteOperand {
        guard operation.outputs.count == 1 else {
            throw model.failure(operation, "has \(operation.outputs.count) outputs and should have 1: export it again")
        }
        let index = operation.outputs[0]
        return TFLiteOperand(
            index: index, tensor: model.tensors[index],
            quantization: try model.activationQuantization(index, of: operation), place: nil)
    }

    /// Appends the op that gives an output of the operator.
    mutating func append(
        _ operation: Operation, inputs: [Int], output: TFLiteOperand, of source: TFLiteOperator
    ) throws {
        try checkParameters(operation, of: source)
        program.operations.append(ProgramOperation(operation, inputs: inputs))
        try appendTensor(output.index, of: source)
        placeOf[output.index] = program.tensors.count - 1
    }

    /// Appends an op that computes a step towards an output.
    /// - Returns: its place in the program.
    mutating func appendPart(
        _ operation: Operation, inputs: [Int], extents: MapExtents, _ quantization: Quantization, output: TFLiteOperand,
        part: Int = 1, of source: TFLiteOperator
    ) throws -> Int {
        try checkParameters(operation, of: source)
        program.operations.append(ProgramOperation(operation, inputs: inputs))
        try appendTensor(
            named: "\(output.tensor.name).part\(part)", extents: extents, quantization: quantization, of: source)
        return program.tensors.count - 1
    }

    mutating func appendTensor(_ index: Int, of source: TFLiteOperator) throws {
        try appendTensor(
            named: model.tensors[index].name, extents: model.tensors[index].extents,
            quantization: model.activationQuantization(index, of: source), of: source)
    }

    private mutating func appendTensor(
        named name: String, extents: MapExtents, quantization: Quantization, of source: TFLiteOperator
    ) throws {
        guard max(extents.height, extents.width, extents.channels) <= 65535 else {
            throw model.failure(
                source, "\"\(name)\" is a map of \(extents.height)x\(extents.width)x\(extents.channels), and an extent is "
                    + "at most 65535: reshape it or split it")
        }
        program.tensors.append(
            ProgramTensor(
                name: name, height: extents.height, width: extents.width, channels: extents.channels,
                quantization: quantization))
    }

    private func checkParameters(_ operation: Operation, of source: TFLiteOperator) throws {
        if operation.wireParameters() != nil { return }
        let fields = operation.fields.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
        throw model.failure(source, "a size is larger than an int8 op can have: \(fields): use a smaller one")
    }
}

extension TFLiteModel {
    /// The index of input `position`, which must be there.
    func input(_ operation: TFLiteOperator, _ position: Int) throws -> Int {
        guard operation.inputs.indices.contains(position), operation.inputs[position] != -1 else {
            throw failure(operation, "has no input \(position): export the model again")
        }
        return operation.inputs[position]
    }

    /// The index of an input that may be absent.
    func optionalInput(_ operation: TFLiteOperator, _ position: Int) -> Int? {
        guard operation.inputs.indices.contains(position), operation.inputs[position] != -1 else { return nil }
        return operation.inputs[position]
    }
}
