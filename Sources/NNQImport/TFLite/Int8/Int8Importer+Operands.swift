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
                operation, "reads the constant \"\(model.tensors[index].name)\", and needs an activation there: fold "
                    + "it when converting")
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
        return try output(operation, at: 0)
    }

    /// One of several outputs. Its extents are checked here, before an operator makes constants of their size.
    func output(_ operation: TFLiteOperator, at position: Int) throws -> TFLiteOperand {
        let index = operation.outputs[position]
        try checkExtents(model.tensors[index].extents, named: model.tensors[index].name, of: operation)
        return TFLiteOperand(
            index: index, tensor: model.tensors[index],
            quantization: try model.activationQuantization(index, of: operation), place: nil)
    }

    /// Appends the op that gives an output of the operator.
    /// - Parameter extents: of what the op gives; where the output's own are others, a reshape follows.
    mutating func append(
        _ op: Operation, inputs: [Int], extents: MapExtents? = nil, output: TFLiteOperand, of operation: TFLiteOperator
    ) throws {
        let extents = extents ?? output.extents
        guard extents.count == output.extents.count else {
            throw model.failure(operation, "its output is \(output.tensor.shape.shapeText): export the model again")
        }
        var (last, inputs) = (op, inputs)
        // A reshape is for int8; the place of a maximum goes out as the op lays it out.
        if extents != output.extents, op.elementType == .int8 {
            inputs = [
                try appendPart(
                    op, inputs: inputs, extents: extents, output.quantization, output: output, part: 2, of: operation)
            ]
            last = .reshape
        }
        try checkParameters(last, of: operation)
        program.operations.append(ProgramOperation(last, inputs: inputs))
        try appendTensor(output.index, extents: op.elementType == .int8 ? nil : extents, of: operation)
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
        let type = operation.elementType
        try appendTensor(
            named: "\(output.tensor.name).part\(part)", extents: extents, quantization: quantization, of: source,
            type: type)
        return program.tensors.count - 1
    }

    /// - Parameter extents: other than the tensor's own, of the same elements.
    mutating func appendTensor(_ index: Int, extents: MapExtents? = nil, of source: TFLiteOperator) throws {
        let tensor = model.tensors[index]
        let quantization = try model.programQuantization(index, of: source)
        try appendTensor(
            named: tensor.name, extents: extents ?? tensor.extents, quantization: quantization, of: source,
            type: tensor.type == .int32 ? .int32 : tensor.type == .int16 ? .int16 : .int8)
    }

    private mutating func appendTensor(
        named name: String, extents: MapExtents, quantization: Quantization, of source: TFLiteOperator,
        type: ElementType = .int8
    ) throws {
        try checkExtents(extents, named: name, of: source)
        program.tensors.append(
            ProgramTensor(
                name: name, height: extents.height, width: extents.width, channels: extents.channels,
                quantization: quantization, type: type))
    }

    private func checkExtents(_ extents: MapExtents, named name: String, of source: TFLiteOperator) throws {
        guard max(extents.height, extents.width, extents.channels) > 65535 else { return }
        throw model.failure(
            source, "\"\(name)\" is a map of \(extents.height)x\(extents.width)x\(extents.channels), and an extent "
                + "is at most 65535: reshape it or split it")
    }

    private func checkParameters(_ operation: Operation, of source: TFLiteOperator) throws {
        if operation.wireParameters() != nil { return }
        let fields = operation.fields.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
        throw model.failure(source, "a size is larger than an int8 op can have: \(fields): use a smaller one")
    }
}

extension Operation {
    /// What the elements of its output are.
    fileprivate var elementType: ElementType {
        if case .argMax = self { .int32 } else { .int8 }
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
