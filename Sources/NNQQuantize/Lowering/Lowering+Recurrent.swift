// SPDX-License-Identifier: Apache-2.0
// LSTM and GRU, which begin each run with zeros: what the ops update are constants.

import CNNQ
import Foundation
import NNQArithmetic
import NNQFormat
import NNQGraph

extension Lowering {
    /// The hidden state is quantized as the calibrated output. No step changes the cell state by more than 1, and larger
    /// values than 64 saturate: its scale is the power of two that gives this range 2^15 steps.
    mutating func lowerLSTM(_ index: Int, units: Int) throws {
        let output = calibratedOutput(index)
        let gates = try quantizedGates(index, count: 4, units: units, hidden: output)
        let largest = min(shapes[index][0], 64)
        let exponent = Int(log2(Double(largest)).rounded(.up)) - 15
        var p = nnq_lstm_params()
        p.cell_exponent = Int32(exponent)
        p.cell_clip = 32768
        let cell = Quantization(scale: Float(sign: .plus, exponent: exponent, significand: 1), zeroPoint: 0)
        guard let cellScaling = GateScaling(0x1p-30 / Double(cell.scale)),
            let hiddenScaling = GateScaling(0x1p-30 / Double(output.scale)), hiddenScaling.shift >= 31
        else {
            throw QuantizeError.at(graph.nodes[index], "its output is too small for int8: calibrate with other data")
        }
        (p.cell_multiplier, p.cell_shift) = (cellScaling.multiplier, Int32(cellScaling.shift))
        (p.hidden_multiplier, p.hidden_shift) = (hiddenScaling.multiplier, Int32(hiddenScaling.shift))
        let memories = try [
            appendZeros(index, columns: 1, units, part: 0, output),
            appendZeros(index, columns: 1, units, part: 1, cell, .int16),
        ]
        try append(.lstm(p, gates), for: index, inputs: inputs(index) + memories, output)
    }

    /// The op's hidden state has steps of 2^-7, its memory of 2^-15: both stay between -1 and 1.
    mutating func lowerGRU(_ index: Int, units: Int, resetAfter: Bool) throws {
        let hidden = Quantization(scale: 0x1p-7, zeroPoint: 0)
        let gates = try quantizedGates(index, count: 3, units: units, hidden: hidden)
        let memories = try [
            appendZeros(index, columns: resetAfter ? 1 : 2, units, part: 0, hidden),
            appendZeros(index, columns: 1, units, part: 1, Quantization(scale: 0x1p-15, zeroPoint: 0), .int16),
        ]
        try append(.gru(resetAfter: resetAfter, gates), for: index, inputs: inputs(index) + memories, hidden)
    }

    private func quantizedGates(_ index: Int, count: Int, units: Int, hidden: Quantization) throws -> Gates {
        let node = graph.nodes[index]
        func parameter(_ name: String) -> [Float]? { model.parameters["\(node.name).\(name)"]?.values }
        let weights = GateWeights(
            gates: count, inputs: shapes[node.inputs[0]].channels, units: units, input: parameter("weight")!,
            hidden: parameter("recurrent_weight")!, inputBias: parameter("bias")!,
            hiddenBias: parameter("recurrent_bias") ?? Array(repeating: 0, count: count * units))
        guard weights.isFinite else {
            throw QuantizeError.at(
                node, "a weight is infinite or not a number: train again with a smaller learning rate")
        }
        guard let gates = weights.quantized(input: inputQuantization(index), hidden: hidden) else {
            throw QuantizeError.at(node, "its sums do not fit 32 bits with any scales: use fewer inputs or units")
        }
        return gates
    }

    /// A constant of zeros, 1 x columns x units.
    private mutating func appendZeros(
        _ index: Int, columns: Int, _ units: Int, part: Int, _ quantization: Quantization, _ type: ElementType = .int8
    ) throws -> Int {
        let zero = UInt8(bitPattern: quantization.zeroPoint)
        let bytes = Array(repeating: zero, count: columns * units * type.byteCount)
        let extents = MapExtents(Shape([columns, units]))
        return try appendPart(
            .constant(bytes: bytes), of: index, inputs: [], extents: extents, part: part, quantization, type: type)
    }
}
