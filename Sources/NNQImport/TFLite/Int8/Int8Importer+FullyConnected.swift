// SPDX-License-Identifier: Apache-2.0
// FULLY_CONNECTED over any number of rows.

import CNNQ
import NNQFormat

extension Int8Importer {
    /// Filter `[units, features]`; the input is rows of so many features, whatever its shape. One row is a dense op;
    /// several are the pixels of a map, and the op a 1x1 convolution.
    mutating func translateFullyConnected(_ operation: TFLiteOperator) throws {
        let (input, output) = (try input(operation, 0), try output(operation))
        let filter = try filter(operation, channelAxis: 0, rank: 2)
        let (units, features) = (filter.shape[0], filter.shape[1])
        let rows = input.tensor.count / features
        guard rows * features == input.tensor.count, rows * units == output.tensor.count else {
            throw model.failure(
                operation, "the filter \(filter.shape.shapeText) does not go from \(input.tensor.shape.shapeText) to "
                    + "\(output.tensor.shape.shapeText): export the model again")
        }
        let options = try model.options(operation, type: 8)
        let format: UInt8 = try options?.integer(1, "the weights' format") ?? 0
        guard format == 0 else {
            throw model.failure(operation, "has shuffled weights: export the model with weights in the usual order")
        }
        let activation = try model.activation(operation, options, slot: 0)
        var weights = FilterChannels(
            filter: filter.values, isInnermost: false, bias: try bias(operation, channels: units),
            multipliers: try multipliers(operation, filter, channels: units, input: input, output: output),
            inputZeroPoint: input.zeroPoint, output: output.quantization, limits: try limits(operation, activation, output.quantization))
        let block = try requantization(operation, &weights)
        if rows == 1, output.extents.count == output.extents.channels {
            var parameters = nnq_dense_params()
            (parameters.act_min, parameters.act_max) = weights.limits.parameters
            parameters.rounding = 1
            try append(
                .dense(parameters, filter: weights.filter, block), inputs: [input.place!], output: output, of: operation)
        } else {
            try appendRows(operation, weights, block, features: features, input, output)
        }
    }

    private mutating func appendRows(
        _ operation: TFLiteOperator, _ weights: FilterChannels, _ block: Requantization, features: Int,
        _ input: TFLiteOperand, _ output: TFLiteOperand
    ) throws {
        var parameters = nnq_conv2d_params()
        (parameters.kernel_height, parameters.kernel_width) = (1, 1)
        (parameters.stride_height, parameters.stride_width) = (1, 1)
        (parameters.dilation_height, parameters.dilation_width) = (1, 1)
        (parameters.act_min, parameters.act_max) = weights.limits.parameters
        parameters.groups = 1
        parameters.rounding = 1
        let convolution = Operation.conv2D(parameters, filter: weights.filter, block)
        var (place, extents) = (input.place!, input.extents)
        if extents.channels != features {
            extents = MapExtents(height: 1, width: extents.count / features, channels: features)
            place = try appendPart(
                .reshape, inputs: [place], extents: extents, input.quantization, output: output, of: operation)
        }
        extents.channels = block.bias.count
        if extents == output.extents {
            return try append(convolution, inputs: [place], output: output, of: operation)
        }
        place = try appendPart(
            convolution, inputs: [place], extents: extents, output.quantization, output: output, part: 2, of: operation)
        try append(.reshape, inputs: [place], output: output, of: operation)
    }
}
