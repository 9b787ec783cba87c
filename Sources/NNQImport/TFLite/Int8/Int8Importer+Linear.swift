// SPDX-License-Identifier: Apache-2.0
// What convolutions and fully connected operators share: filters, biases, multipliers.

import NNQFormat

/// A filter with its scales.
struct TFLiteFilter {
    var tensor: TFLiteTensor
    var values: [Int8]
    var scales: [Float]

    var shape: [Int] { tensor.shape }
    func scale(_ channel: Int) -> Float { scales.count == 1 ? scales[0] : scales[channel] }
}

extension Int8Importer {
    /// The filter at input 1.
    /// - Parameter channelAxis: of the output channels.
    mutating func filter(_ operation: TFLiteOperator, channelAxis: Int, rank: Int) throws -> TFLiteFilter {
        let index = try model.input(operation, 1)
        let tensor = model.tensors[index]
        guard tensor.type == .int8 else {
            throw model.failure(
                operation, "the filter \"\(tensor.name)\" is \(tensor.type), and int8 is needed: quantize weights to 8 "
                    + "bits")
        }
        guard tensor.shape.count == rank else {
            throw model.failure(
                operation, "the filter \"\(tensor.name)\" is \(tensor.shape.shapeText), and \(rank) extents are needed: "
                    + "export the model again")
        }
        guard let values = try budget.integers(Int8.self, index, for: operation) else {
            throw model.failure(
                operation, "the filter \"\(tensor.name)\" is computed by the model, and must be a constant: fold it when "
                    + "converting")
        }
        let scales = try filterScales(operation, index, channels: tensor.shape[channelAxis])
        if values.contains(-128) {
            throw model.failure(
                operation, "the filter \"\(tensor.name)\" holds -128, and weights are -127 to 127: quantize weights "
                    + "symmetrically")
        }
        return TFLiteFilter(tensor: tensor, values: values, scales: scales)
    }

    private func filterScales(_ operation: TFLiteOperator, _ index: Int, channels: Int) throws -> [Float] {
        let name = model.tensors[index].name
        guard let parameters = try model.parameters(index) else {
            throw model.failure(operation, "the filter \"\(name)\" has no scales: quantize the model again")
        }
        let scales = parameters.scales
        guard scales.count == 1 || scales.count == channels else {
            throw model.failure(
                operation, "the filter \"\(name)\" has \(scales.count) scales for \(channels) output channels: "
                    + "quantize the model again")
        }
        guard scales.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
            throw model.failure(operation, "the filter \"\(name)\" has a scale that is no number: quantize it again")
        }
        guard parameters.zeroPoints.allSatisfy({ $0 == 0 }) else {
            throw model.failure(
                operation, "the filter \"\(name)\" has a zero point other than 0: quantize weights symmetrically")
        }
        return scales
    }

    /// The bias at input 2, zeros where there is none.
    mutating func bias(_ operation: TFLiteOperator, channels: Int) throws -> [Int32] {
        guard let index = model.optionalInput(operation, 2) else { return Array(repeating: 0, count: channels) }
        let tensor = model.tensors[index]
        guard tensor.type == .int32, tensor.count == channels,
            let values = try budget.integers(Int32.self, index, for: operation)
        else {
            throw model.failure(
                operation, "the bias \"\(tensor.name)\" is \(tensor.type) \(tensor.shape.shapeText), and a constant of "
                    + "\(channels) int32 is needed: quantize the model again")
        }
        return values
    }

    /// The factors from accumulators to outputs, in TensorFlow Lite's order of operations.
    func multipliers(
        _ operation: TFLiteOperator, _ filter: TFLiteFilter, channels: Int, input: TFLiteOperand, output: TFLiteOperand
    ) throws -> [TFLiteMultiplier] {
        try (0..<channels).map { channel in
            let factor = input.scale * Double(filter.scale(channel)) / output.scale
            guard factor.isFinite else { throw model.failure(operation, "its scales overflow: quantize it again") }
            return TFLiteMultiplier(factor)
        }
    }

    func requantization(_ operation: TFLiteOperator, _ channels: inout FilterChannels) throws -> Requantization {
        do {
            return try channels.requantization()
        } catch let fault as ChannelFault {
            throw model.failure(
                operation, "the sum of output channel \(fault.channel) may leave 32 bits: use fewer inputs or larger "
                    + "scales when quantizing")
        }
    }

    /// The limits of an output by the operator's own activation, as TensorFlow Lite computes them.
    func limits(
        _ operation: TFLiteOperator, _ activation: TFLiteActivation, _ output: Quantization
    ) throws -> ClosedRange<Int> {
        func step(_ real: Float) -> Int {
            let steps = (real / output.scale).rounded(.toNearestOrAwayFromZero)
            return Int(output.zeroPoint) + Int(min(max(steps, -512), 512))
        }
        let range: (Int, Int)
        switch activation {
        case .none: range = (-128, 127)
        case .relu: range = (max(-128, step(0)), 127)
        case .reluN1To1: range = (max(-128, step(-1)), min(127, step(1)))
        case .relu6: range = (max(-128, step(0)), min(127, step(6)))
        case .tanh, .signBit:
            throw model.failure(operation, "has the activation \(activation) fused: export it as an operator of its own")
        }
        return range.0...max(range.0, range.1)
    }
}
