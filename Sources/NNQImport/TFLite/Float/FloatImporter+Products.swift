// SPDX-License-Identifier: Apache-2.0
// TRANSPOSE_CONV, BATCH_MATMUL, embeddings and UNIDIRECTIONAL_SEQUENCE_LSTM as float layers.

import NNQGraph

extension FloatImporter {
    /// Inputs: the output's shape, the filter `[out_c, kernel_h, kernel_w, in_c]`, the map, the bias.
    mutating func translateTransposedConvolution(_ operation: TFLiteOperator) throws {
        let (filter, source) = (try constant(operation, 1), try tensor(operation, 2))
        let result = model.tensors[try output(operation)]
        guard filter.shape.count == 4, filter.shape[3] == source.shape.last else {
            throw model.failure(operation, "the filter \(filter.shape.shapeText) does not go with its input: export again")
        }
        let window = try model.transposedWindow(
            operation, kernel: Pair(filter.shape[1], filter.shape[2]), input: source, output: result)
        var values = ["weight": filter]
        let hasBias = model.optionalInput(operation, 3) != nil
        if hasBias { values["bias"] = try vector(operation, 3, count: filter.shape[0]) }
        let margins = window.margins
        let layer = Layer.transposedConv2D(
            filters: filter.shape[0],
            window: Window(
                kernel: window.kernel, stride: window.stride,
                padding: .explicit(
                    top: margins.top, bottom: margins.bottom, left: margins.left, right: margins.right)),
            outputPadding: window.outputPadding, groups: 1, bias: hasBias)
        try append(layer, inputs: [try input(operation, 2)], values, activation: window.activation, of: operation)
    }

    mutating func translateMatrixProduct(_ operation: TFLiteOperator) throws {
        let options = try model.options(operation, type: 101)
        let layer = Layer.matmul(
            transposesA: try options?.bool(0, "the adj_x flag") ?? false,
            transposesB: try options?.bool(1, "the adj_y flag") ?? false)
        let nodes = [try operand(operation, 0), try operand(operation, 1)]
        try append(layer, inputs: nodes, of: operation)
    }

    /// EMBEDDING_LOOKUP (indices, table) and GATHER (table, indices) of a constant table of two axes.
    mutating func translateEmbedding(_ operation: TFLiteOperator, _ kind: TFLiteKind) throws {
        let (indices, table) = kind == .gather ? (1, 0) : (0, 1)
        let options = kind == .gather ? try model.options(operation, type: 23) : nil
        let axis: Int32 = try options?.integer(0, "the axis") ?? 0
        let weight = try constant(operation, table)
        guard axis == 0, weight.shape.count == 2 else {
            throw model.failure(operation, "gathers from \(weight.shape.shapeText) along axis \(axis), and only rows of "
                + "a constant matrix can be: transpose it")
        }
        let layer = Layer.embedding(count: weight.shape[0], channels: weight.shape[1])
        try append(layer, inputs: [try input(operation, indices)], ["weight": weight], of: operation)
    }

    /// A constant list of `count` numbers.
    private mutating func vector(_ operation: TFLiteOperator, _ position: Int, count: Int) throws -> Tensor {
        let values = try constant(operation, position)
        guard values.count == count else {
            throw model.failure(operation, "input \(position) has \(values.count) values, and \(count) are needed: "
                + "export the model again")
        }
        return Tensor(shape: [count], values: values.values)
    }

    /// Inputs: 0 the sequence; 1 to 4 input weights of the gates i, f, g, o; 5 to 8 recurrent ones; 12 to 15 biases.
    mutating func translateLSTM(_ operation: TFLiteOperator) throws {
        try model.checkPlainLSTM(operation)
        let units = model.tensors[try model.input(operation, 5)].shape.last ?? 0
        var weights: [String: Tensor] = [:]
        for (name, first) in [("weight", 1), ("recurrent_weight", 5)] {
            let gates = try (first..<first + 4).map { try constant(operation, $0) }
            guard gates.allSatisfy({ $0.shape.count == 2 && $0.shape == gates[0].shape && $0.shape[0] == units }) else {
                throw model.failure(operation, "its gates' weights are of different shapes: export the model again")
            }
            weights[name] = Tensor(shape: [4 * units, gates[0].shape[1]], values: gates.flatMap(\.values))
        }
        let biases = try (12..<16).map { try vector(operation, $0, count: units) }
        weights["bias"] = Tensor(shape: [4 * units], values: biases.flatMap(\.values))
        try append(.lstm(units: units), inputs: [try input(operation, 0)], weights, of: operation)
    }
}
