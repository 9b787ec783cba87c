// SPDX-License-Identifier: Apache-2.0
// Which LSTMs can be imported.

extension TFLiteModel {
    /// Refuses the parts of UNIDIRECTIONAL_SEQUENCE_LSTM that have no counterpart here.
    func checkPlainLSTM(_ operation: TFLiteOperator) throws {
        let options = try options(operation, type: 71)
        guard try activation(operation, options, slot: 0) == .tanh else {
            throw failure(operation, "its activation is not tanh: train it with tanh")
        }
        guard try options?.float(2, "the projection's clip") ?? 0 == 0,
            try options?.bool(5, "the diagonal flag") ?? false == false
        else { throw failure(operation, "clips a projection or has diagonal weights: train a plain LSTM") }
        let unsupported = [
            ("peepholes", 9..<12), ("a projection", 16..<18), ("layer normalization", 20..<24),
        ]
        for (what, places) in unsupported where places.contains(where: { optionalInput(operation, $0) != nil }) {
            throw failure(operation, "has \(what): train a plain LSTM")
        }
        let needed = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15]
        guard needed.allSatisfy({ optionalInput(operation, $0) != nil }) else {
            throw failure(operation, "lacks a gate's weights or biases: train a plain LSTM of four gates")
        }
        let sequence = tensors[try input(operation, 0)].shape
        let isTimeMajor = try options?.bool(3, "the time_major flag") ?? false
        guard sequence.count == 3, sequence[isTimeMajor ? 1 : 0] == 1 else {
            throw failure(operation, "reads \(sequence.shapeText), and one sequence [1, time, features] is needed: "
                + "convert the model with a batch of 1")
        }
    }

    /// The largest magnitude of a cell, 0 for any.
    func cellClip(_ operation: TFLiteOperator) throws -> Float {
        try options(operation, type: 71)?.float(1, "the cell's clip") ?? 0
    }
}
