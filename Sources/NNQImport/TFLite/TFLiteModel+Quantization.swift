// SPDX-License-Identifier: Apache-2.0
// The quantization parameters of TFLite's tensors.

import NNQFormat

extension TFLiteModel {
    /// Scales and zero points as the file has them, or nil where it has none.
    func parameters(_ tensor: Int) throws -> TFLiteQuantization? {
        guard let table = tensors[tensor].quantization,
            let scales = try table.vector(2, "the scales", elementSize: 4), scales.count > 0
        else { return nil }
        guard scales.count <= 65535 else {
            throw ImportError("\(describe(tensor: tensor)) has \(scales.count) scales, and 65535 can be imported")
        }
        let zeroPoints = try table.vector(3, "the zero points", elementSize: 8)
        let dimension: Int32 = try table.integer(6, "the quantized dimension")
        return TFLiteQuantization(
            scales: try scales.floats(), zeroPoints: try checked(zeroPoints, scales.count, tensor),
            dimension: Int(dimension))
    }

    private func checked(_ zeroPoints: FlatVector?, _ count: Int, _ tensor: Int) throws -> [Int64] {
        guard let zeroPoints else { return Array(repeating: 0, count: count) }
        guard zeroPoints.count <= count else {
            throw ImportError(
                "\(describe(tensor: tensor)) has \(count) scales and \(zeroPoints.count) zero points: export it again")
        }
        let values = try zeroPoints.integers(Int64.self)
        return values + Array(repeating: 0, count: count - values.count)
    }

    /// The quantization of an int8 activation.
    /// - Throws: `ImportError` where the tensor is not an int8 one with one scale and one zero point.
    func activationQuantization(_ tensor: Int, of operation: TFLiteOperator) throws -> Quantization {
        let name = tensors[tensor].name
        guard tensors[tensor].type == .int8 else {
            throw failure(operation, "\"\(name)\" is \(tensors[tensor].type): \(advice(tensors[tensor].type))")
        }
        guard let parameters = try parameters(tensor) else {
            throw failure(operation, "\"\(name)\" has no quantization parameters: quantize the whole model to int8")
        }
        guard parameters.scales.count == 1, let scale = parameters.scales.first, scale.isNormal, scale > 0,
            let zeroPoint = parameters.zeroPoints.first.flatMap({ Int8(exactly: $0) })
        else {
            throw failure(
                operation, "\"\(name)\" needs one scale above 0 and one zero point from -128 to 127: quantize the model "
                    + "again")
        }
        return Quantization(scale: scale, zeroPoint: zeroPoint)
    }

    /// The quantization of an int8 activation, of int32 indices, or of an int16 state.
    func programQuantization(_ tensor: Int, of operation: TFLiteOperator) throws -> Quantization {
        switch tensors[tensor].type {
        case .int32: return Quantization(scale: 1, zeroPoint: 0)
        case .int16 where tensors[tensor].isVariable:
            guard let parameters = try parameters(tensor), let scale = parameters.scales.first, scale.isNormal, scale > 0,
                parameters.zeroPoints.allSatisfy({ $0 == 0 })
            else {
                throw failure(
                    operation, "\"\(tensors[tensor].name)\" needs a scale above 0 and the zero point 0: quantize the model "
                        + "again")
            }
            return Quantization(scale: scale, zeroPoint: 0)
        default: return try activationQuantization(tensor, of: operation)
        }
    }

    private func advice(_ type: TFLiteType) -> String {
        switch type {
        case .uint8: "activations must be int8: convert it with TensorFlow 2, whose converter gives int8"
        case .int16: "models with 16-bit activations (int16x8) cannot be imported: quantize it to int8"
        case .float32, .float16: "quantize the whole model to int8, or none of it"
        default: "activations must be int8: quantize the whole model to int8"
        }
    }
}
