// SPDX-License-Identifier: Apache-2.0
// What the operators of a float model read: activations, and constants of any storage.

import NNQGraph

extension FloatImporter {
    /// The operator's only output.
    func output(_ operation: TFLiteOperator) throws -> Int {
        guard operation.outputs.count == 1 else {
            throw model.failure(operation, "has \(operation.outputs.count) outputs and should have 1: export it again")
        }
        return operation.outputs[0]
    }

    /// The node of activation `position`.
    func input(_ operation: TFLiteOperator, _ position: Int) throws -> Int {
        let index = try model.input(operation, position)
        guard let node = nodeOf[index] else {
            throw model.failure(
                operation, "reads the constant \"\(model.tensors[index].name)\", and needs an activation there: fold it "
                    + "when converting")
        }
        return node
    }

    /// The node of an operand that may also be a constant.
    mutating func operand(_ operation: TFLiteOperator, _ position: Int) throws -> Int {
        let index = try model.input(operation, position)
        if nodeOf[index] == nil, model.tensors[storedAs[index] ?? index].constant != nil {
            let name = unique(model.tensors[index].name)
            let shape = model.tensors[index].sample
            parameters["\(name).value"] = Tensor(shape: shape, values: try constant(operation, position).values)
            nodeOf[index] = graph.append(.constant(Shape(shape)), inputs: [], name: name)
        }
        return try input(operation, position)
    }

    /// The tensor of activation `position`.
    func tensor(_ operation: TFLiteOperator, _ position: Int) throws -> TFLiteTensor {
        model.tensors[try model.input(operation, position)]
    }

    /// DEQUANTIZE of a constant: weights that are stored in fewer bits.
    mutating func noteStorage(_ operation: TFLiteOperator) throws {
        let source = try model.input(operation, 0)
        guard model.tensors[source].constant != nil else {
            throw model.failure(operation, "dequantizes only part of the model: quantize the whole model, or none of it")
        }
        storedAs[try output(operation)] = source
    }

    /// The float values of the constant at `position`.
    mutating func constant(_ operation: TFLiteOperator, _ position: Int) throws -> Tensor {
        let index = try model.input(operation, position)
        let stored = storedAs[index] ?? index
        let tensor = model.tensors[stored]
        let values: [Float]? =
            switch tensor.type {
            case .float32:
                try budget.integers(UInt32.self, stored, for: operation)?.map { Float(bitPattern: $0) }
            case .float16:
                try budget.integers(UInt16.self, stored, for: operation)?.map { Float(halfPrecision: $0) }
            case .int8: try dequantized(operation, stored)
            default: nil
            }
        guard let values else {
            throw model.failure(
                operation, "\"\(tensor.name)\" must be a constant of float32, float16 or int8 values: fold it when "
                    + "converting")
        }
        guard values.allSatisfy(\.isFinite) else {
            throw model.failure(operation, "\"\(tensor.name)\" holds a value that is no number: train it again")
        }
        return Tensor(shape: tensor.shape, values: values)
    }

    private mutating func dequantized(_ operation: TFLiteOperator, _ index: Int) throws -> [Float]? {
        let tensor = model.tensors[index]
        guard let values = try budget.integers(Int8.self, index, for: operation) else { return nil }
        guard let parameters = try model.parameters(index) else {
            throw model.failure(operation, "\"\(tensor.name)\" has no scale: quantize it again")
        }
        let (scales, zeroPoints) = (parameters.scales, parameters.zeroPoints.map { Float($0) })
        if scales.count == 1 { return values.map { scales[0] * (Float($0) - zeroPoints[0]) } }
        guard tensor.shape.indices.contains(parameters.dimension), tensor.shape[parameters.dimension] == scales.count
        else {
            throw model.failure(
                operation, "\"\(tensor.name)\" is \(tensor.shape.shapeText) and has \(scales.count) scales: quantize it "
                    + "again")
        }
        let stride = tensor.shape[(parameters.dimension + 1)...].reduce(1, *)
        return values.indices.map { place in
            let slice = place / stride % scales.count
            return scales[slice] * (Float(values[place]) - zeroPoints[slice])
        }
    }
}

extension Float {
    /// The value of an IEEE 754 binary16 pattern, without the type that only some machines have.
    init(halfPrecision bits: UInt16) {
        let fraction = Float(bits & 0x3FF)
        let exponent = Int(bits >> 10 & 0x1F)
        let magnitude: Float =
            switch exponent {
            case 0: fraction * 0x1p-24
            case 31: fraction == 0 ? .infinity : .nan
            default: Float(sign: .plus, exponent: exponent - 25, significand: 1024 + fraction)
            }
        self = bits >> 15 == 0 ? magnitude : -magnitude
    }
}
