// SPDX-License-Identifier: Apache-2.0
// UNIDIRECTIONAL_SEQUENCE_LSTM.

import CNNQ
import Foundation
import NNQFormat

extension Int8Importer {
    /// Inputs: 0 the sequence; 1 to 4 input weights of the gates i, f, cell, o; 5 to 8 recurrent ones; 12 to 15 biases;
    /// 18 the hidden, 19 the cell state.
    mutating func translateLSTM(_ operation: TFLiteOperator) throws {
        try model.checkPlainLSTM(operation)
        let (input, hidden) = (try input(operation, 0), try input(operation, 18))
        let cell = try state(operation, 19, type: .int16)
        let output = try output(operation)
        let units = hidden.tensor.count
        let features = input.extents.channels
        let steps = input.extents.count / features
        guard cell.tensor.count == units, output.tensor.count == steps * units, output.zeroPoint == hidden.zeroPoint
        else {
            throw model.failure(operation, "its states do not fit its output: export the model again")
        }
        var gates = Gates(
            filter: [], multiplier: [], bias: Array(repeating: 0, count: 8 * units), shift: [])
        var rows: [[Int8]] = []
        for gate in 0..<4 {
            let own = try gateWeights(operation, 1 + gate, rows: units, columns: features)
            let recurrent = try gateWeights(operation, 5 + gate, rows: units, columns: units)
            for (weights, scale) in [(own, input.scale), (recurrent, hidden.scale)] {
                let multiplier = TFLiteMultiplier(scale * Double(weights.scales[0]) / 0x1p-12)
                let (value, shift) = try fields(operation, multiplier)
                gates.multiplier.append(value)
                gates.shift.append(UInt8(shift))
            }
            let bias = try self.bias(operation, at: 12 + gate, channels: units)
            for unit in 0..<units {
                let row = own.values[unit * features..<(unit + 1) * features]
                let memory = recurrent.values[unit * units..<(unit + 1) * units]
                gates.bias[8 * unit + 2 * gate] = try folded(operation, bias[unit], row, input.zeroPoint)
                gates.bias[8 * unit + 2 * gate + 1] = try folded(operation, 0, memory, hidden.zeroPoint)
                rows.append(Array(row + memory))
            }
        }
        gates.filter = (0..<units).flatMap { unit in (0..<4).flatMap { rows[$0 * units + unit] } }
        let parameters = try cellParameters(operation, cell: cell, hidden: hidden)
        let sequence = try row(operation, input, steps: steps, output)
        try append(
            .lstm(parameters, gates), inputs: [sequence, hidden.place!, cell.place!],
            extents: MapExtents(height: 1, width: steps, channels: units), output: output, of: operation)
    }

    private func cellParameters(
        _ operation: TFLiteOperator, cell: TFLiteOperand, hidden: TFLiteOperand
    ) throws -> nnq_lstm_params {
        var parameters = nnq_lstm_params()
        (parameters.cell_multiplier, parameters.cell_shift) = try fields(
            operation, TFLiteMultiplier(0x1p-30 / cell.scale))
        (parameters.hidden_multiplier, parameters.hidden_shift) = try fields(
            operation, TFLiteMultiplier(0x1p-30 / hidden.scale))
        let logarithm = log(cell.quantization.scale) * (1 / log(2 as Float))
        parameters.cell_exponent = Int32(logarithm.rounded(.toNearestOrAwayFromZero))
        let clip = try model.cellClip(operation)
        guard clip >= 0 else { throw model.failure(operation, "its cell's clip is \(clip): 0 is none") }
        parameters.cell_clip = clip == 0 ? 32768 : Int32(min(Double(clip) / cell.scale, 32767))
        return parameters
    }

    /// The sequence along the width of a map of one row.
    private mutating func row(
        _ operation: TFLiteOperator, _ input: TFLiteOperand, steps: Int, _ output: TFLiteOperand
    ) throws -> Int {
        let extents = MapExtents(height: 1, width: steps, channels: input.extents.channels)
        if extents == input.extents { return input.place! }
        return try appendPart(
            .reshape, inputs: [input.place!], extents: extents, input.quantization, output: output, of: operation)
    }
}
