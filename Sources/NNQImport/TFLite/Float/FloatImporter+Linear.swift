// SPDX-License-Identifier: Apache-2.0
// Convolutions and fully connected operators as float layers.

import NNQGraph

extension FloatImporter {
    /// Filter `[out_c, kernel_h, kernel_w, in_c / groups]`, as here.
    mutating func translateConvolution(_ operation: TFLiteOperator) throws {
        let node = try input(operation, 0)
        let filter = try filter(operation, rank: 4)
        let channels = try model.map(operation, tensor(operation, 0))[2]
        guard channels.isMultiple(of: filter.shape[3]) else { throw mismatch(operation, filter) }
        let window = try model.convolutionWindow(operation, kernel: Pair(filter.shape[1], filter.shape[2]))
        try checkWindow(operation, window)
        let (values, hasBias) = try parameters(operation, filter, channels: filter.shape[0])
        let layer = Layer.conv2D(
            filters: filter.shape[0], window: window.window, groups: channels / filter.shape[3], bias: hasBias)
        try append(layer, inputs: [node], values, activation: window.activation, of: operation)
    }

    /// Filter `[1, kernel_h, kernel_w, in_c * multiplier]`, here `[in_c * multiplier, kernel_h, kernel_w, 1]`.
    mutating func translateDepthwiseConvolution(_ operation: TFLiteOperator) throws {
        let node = try input(operation, 0)
        let filter = try filter(operation, rank: 4)
        let (channels, filters) = (try model.map(operation, tensor(operation, 0))[2], filter.shape[3])
        guard filter.shape[0] == 1, filters.isMultiple(of: channels) else { throw mismatch(operation, filter) }
        let window = try model.depthwiseWindow(operation, kernel: Pair(filter.shape[1], filter.shape[2]))
        try checkWindow(operation, window)
        let reordered = Tensor(
            shape: [filters, filter.shape[1], filter.shape[2], 1],
            values: transposed(filter.values, columns: filters))
        let (values, hasBias) = try parameters(operation, reordered, channels: filters)
        let layer = Layer.depthwiseConv2D(multiplier: filters / channels, window: window.window, bias: hasBias)
        try append(layer, inputs: [node], values, activation: window.activation, of: operation)
    }

    /// One row is a dense layer; several are the pixels of a map, under a 1x1 convolution.
    mutating func translateFullyConnected(_ operation: TFLiteOperator) throws {
        var node = try input(operation, 0)
        let filter = try filter(operation, rank: 2)
        let (source, result) = (try tensor(operation, 0), model.tensors[try output(operation)])
        let (units, features) = (filter.shape[0], filter.shape[1])
        let rows = source.count / features
        guard rows * features == source.count, rows * units == result.count else { throw mismatch(operation, filter) }
        let options = try model.options(operation, type: 8)
        let activation = try model.activation(operation, options, slot: 0)
        let (values, hasBias) = try parameters(operation, filter, channels: units)
        if rows == 1, result.sample.count == 1 {
            return try append(
                .dense(units: units, bias: hasBias), inputs: [node], values, activation: activation, of: operation)
        }
        var map = values
        map["weight"] = Tensor(shape: [units, 1, 1, features], values: filter.values)
        let layer = Layer.conv2D(filters: units, window: Window(kernel: 1), groups: 1, bias: hasBias)
        let shape = source.sample.count == 3 && source.sample[2] == features ? source.sample : [1, rows, features]
        if shape != source.sample {
            node = try appendPart(.reshape(Shape(shape)), inputs: [node], of: operation)
        }
        if Array(shape.dropLast()) + [units] == result.sample {
            return try append(layer, inputs: [node], map, activation: activation, of: operation)
        }
        node = try appendPart(layer, inputs: [node], map, of: operation)
        try append(.reshape(Shape(result.sample)), inputs: [node], activation: activation, of: operation)
    }

    private mutating func filter(_ operation: TFLiteOperator, rank: Int) throws -> Tensor {
        let filter = try constant(operation, 1)
        guard filter.shape.count == rank else {
            throw model.failure(
                operation, "its filter is \(filter.shape.shapeText), and \(rank) extents are needed: export it again")
        }
        return filter
    }

    /// The layer's parameters, and whether there is a bias.
    private mutating func parameters(
        _ operation: TFLiteOperator, _ filter: Tensor, channels: Int
    ) throws -> ([String: Tensor], Bool) {
        guard model.optionalInput(operation, 2) != nil else { return (["weight": filter], false) }
        let bias = try constant(operation, 2)
        guard bias.count == channels else {
            throw model.failure(operation, "its bias has \(bias.count) values for \(channels) channels: export it "
                + "again")
        }
        return (["weight": filter, "bias": Tensor(shape: [channels], values: bias.values)], true)
    }

    private func checkWindow(_ operation: TFLiteOperator, _ window: TFLiteWindow) throws {
        _ = try model.margins(
            operation, window, input: tensor(operation, 0), output: model.tensors[output(operation)])
    }

    private func mismatch(_ operation: TFLiteOperator, _ filter: Tensor) -> ImportError {
        model.failure(operation, "the filter \(filter.shape.shapeText) does not go with the input: export it again")
    }
}
