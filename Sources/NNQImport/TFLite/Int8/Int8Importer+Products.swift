// SPDX-License-Identifier: Apache-2.0
// TRANSPOSE_CONV, BATCH_MATMUL, ARG_MAX and ARG_MIN.

import CNNQ
import NNQFormat
import NNQGraph

extension Int8Importer {
    /// Inputs: the output's shape, the filter `[out_c, kernel_h, kernel_w, in_c]`, the map, the bias.
    mutating func translateTransposedConvolution(_ operation: TFLiteOperator) throws {
        let (input, output) = (try input(operation, 2), try output(operation))
        let filter = try filter(operation, channelAxis: 0, rank: 4)
        let channels = filter.shape[0]
        guard filter.shape[3] == input.extents.channels, output.extents.channels == channels else {
            throw model.failure(operation, "the filter \(filter.shape.shapeText) does not go with the input "
                + "\(input.tensor.shape.shapeText): export the model again")
        }
        let window = try model.transposedWindow(
            operation, kernel: Pair(filter.shape[1], filter.shape[2]), input: input.tensor, output: output.tensor)
        var weights = FilterChannels(
            filter: filter.values, isInnermost: false, bias: try bias(operation, at: 3, channels: channels),
            multipliers: try multipliers(operation, filter, channels: channels, input: input, output: output),
            inputZeroPoint: input.zeroPoint, output: output.quantization,
            limits: try limits(operation, window.activation, output.quantization))
        var parameters = nnq_transpose_conv2d_params()
        (parameters.kernel_height, parameters.kernel_width) = window.kernel.parameters
        (parameters.stride_height, parameters.stride_width) = window.stride.parameters
        (parameters.dilation_height, parameters.dilation_width) = (1, 1)
        (parameters.pad_top, parameters.pad_left) = Pair(window.margins.top, window.margins.left).parameters
        (parameters.act_min, parameters.act_max) = weights.limits.parameters
        (parameters.groups, parameters.rounding) = (1, 1)
        let block = try requantization(operation, &weights)
        try append(
            .transposeConv2D(parameters, filter: weights.filter, block), inputs: [input.place!], output: output,
            of: operation)
    }

    /// Matrices are the two innermost axes; the outer one of a map is the batch of both.
    mutating func translateMatrixProduct(_ operation: TFLiteOperator) throws {
        let (a, b, output) = (try operand(operation, 0), try operand(operation, 1), try output(operation))
        let options = try model.options(operation, type: 101)
        let transposesA = try options?.bool(0, "the adj_x flag") ?? false
        let transposesB = try options?.bool(1, "the adj_y flag") ?? false
        guard [a, b, output].allSatisfy({ $0.tensor.isMatrices }) else {
            throw model.failure(operation, "multiplies \(a.tensor.shape.shapeText) and \(b.tensor.shape.shapeText), and a "
                + "row of matrices can be: reshape them")
        }
        var parameters = nnq_batch_matmul_params()
        (parameters.transpose_a, parameters.transpose_b) = (transposesA ? 1 : 0, transposesB ? 1 : 0)
        (parameters.act_min, parameters.act_max) = (-128, 127)
        parameters.rounding = 1
        let factor = Double(a.quantization.scale * b.quantization.scale) / output.scale
        (parameters.multiplier, parameters.shift) = try fields(operation, TFLiteMultiplier(factor))
        try append(.batchMatmul(parameters), inputs: [a.place!, b.place!], output: output, of: operation)
    }

    /// The output is int32: the place of the largest or the least channel.
    mutating func translateArgMax(_ operation: TFLiteOperator, smallest: Bool) throws {
        let input = try input(operation, 0)
        guard operation.outputs.count == 1, model.tensors[operation.outputs[0]].type == .int32 else {
            throw model.failure(operation, "its output must be int32: set output_type when converting")
        }
        let axes = try model.sampleAxes(operation, 1, of: input.tensor, budget: &budget)
        guard axes == [input.tensor.sample.count - 1] else {
            throw model.failure(operation, "looks along axis \(axes), and only the channels can be: transpose before it")
        }
        let index = operation.outputs[0]
        let output = TFLiteOperand(
            index: index, tensor: model.tensors[index], quantization: Quantization(scale: 1, zeroPoint: 0), place: nil)
        var parameters = nnq_arg_max_params()
        parameters.smallest = smallest ? 1 : 0
        var extents = input.extents
        extents.channels = 1
        try append(.argMax(parameters), inputs: [input.place!], extents: extents, output: output, of: operation)
    }
}

extension TFLiteTensor {
    /// Whether the map's rows and columns are the tensor's innermost axes, and all axes before are its height.
    fileprivate var isMatrices: Bool { sample.count <= 3 && (!hasBatch || shape.count != 2) }
}
