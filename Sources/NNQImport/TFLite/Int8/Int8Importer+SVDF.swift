// SPDX-License-Identifier: Apache-2.0
// SVDF.

import CNNQ
import NNQFormat

extension Int8Importer {
    /// Inputs: 0 the vector; 1 feature weights `[filters, features]`; 2 time weights `[filters, memory]`; 3 the bias;
    /// 4 the state.
    mutating func translateSVDF(_ operation: TFLiteOperator) throws {
        let (input, output) = (try input(operation, 0), try output(operation))
        let feature = try gateWeights(operation, 1, rows: nil, columns: input.tensor.count)
        let filters = feature.tensor.shape[0]
        let rank: Int32 = try model.options(operation, type: 6)?.integer(0, "the rank") ?? 0
        let timeIndex = try model.input(operation, 2)
        let time = model.tensors[timeIndex]
        let state = try state(operation, 4, type: time.type)
        guard rank > 0, filters.isMultiple(of: Int(rank)), time.shape.count == 2, time.shape[0] == filters,
            state.tensor.count == time.count, output.tensor.count == filters / Int(rank),
            input.extents.count == input.extents.channels, let parameters = try model.parameters(timeIndex)
        else { throw model.failure(operation, "its weights, state and rank do not fit: export it with a batch of 1") }
        let weights: [Int16]? =
            time.type == .int16
            ? try budget.integers(Int16.self, timeIndex, for: operation)
            : try budget.integers(Int8.self, timeIndex, for: operation)?.map { Int16($0) }
        guard let weights else { throw model.failure(operation, "its time weights must be constants: export it again") }
        let taps = time.shape[1] * Int(rank)
        let bias = try self.bias(operation, at: 3, channels: filters / Int(rank))
        let features = input.tensor.count
        let timeFilters = TimeFilters(
            filter: feature.values,
            stateBias: try (0..<filters).map {
                try folded(operation, 0, feature.values[$0 * features..<($0 + 1) * features], input.zeroPoint)
            },
            bias: try bias.indices.map {
                try folded(operation, bias[$0], weights[$0 * taps..<($0 + 1) * taps], state.zeroPoint)
            },
            time: weights, type: time.type == .int16 ? .int16 : .int8)
        var op = nnq_svdf_params()
        op.rank = rank
        (op.state_multiplier, op.state_shift) = try fields(
            operation, TFLiteMultiplier(input.scale * Double(feature.scales[0]) / state.scale))
        (op.multiplier, op.shift) = try fields(
            operation, TFLiteMultiplier(state.scale * Double(parameters.scales[0]) / output.scale))
        try append(.svdf(op, timeFilters), inputs: [input.place!, state.place!], output: output, of: operation)
    }
}
