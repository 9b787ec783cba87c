// SPDX-License-Identifier: Apache-2.0
// CONV_2D and DEPTHWISE_CONV_2D.

import CNNQ
import NNQFormat
import NNQGraph

extension Int8Importer {
    /// Filter `[out_c, kernel_h, kernel_w, in_c / groups]`, as here.
    mutating func translateConvolution(_ operation: TFLiteOperator) throws {
        let (input, output) = (try input(operation, 0), try output(operation))
        let filter = try filter(operation, channelAxis: 0, rank: 4)
        let channels = filter.shape[0]
        guard input.extents.channels.isMultiple(of: filter.shape[3]) else { throw mismatch(operation, filter, input) }
        let groups = input.extents.channels / filter.shape[3]
        guard channels.isMultiple(of: groups), output.extents.channels == channels else {
            throw mismatch(operation, filter, input)
        }
        let window = try model.convolutionWindow(operation, kernel: Pair(filter.shape[1], filter.shape[2]))
        try appendConvolution(
            operation, window, groups: groups,
            try self.channels(operation, filter, filter.values, count: channels, window.activation, input, output),
            input, output)
    }

    /// Filter `[1, kernel_h, kernel_w, in_c * multiplier]`; with one filter a channel the op is of the same layout.
    mutating func translateDepthwiseConvolution(_ operation: TFLiteOperator) throws {
        let (input, output) = (try input(operation, 0), try output(operation))
        let filter = try filter(operation, channelAxis: 3, rank: 4)
        let channels = filter.shape[3]
        guard filter.shape[0] == 1, channels.isMultiple(of: input.extents.channels),
            output.extents.channels == channels
        else { throw mismatch(operation, filter, input) }
        let window = try model.depthwiseWindow(operation, kernel: Pair(filter.shape[1], filter.shape[2]))
        if channels > input.extents.channels {
            let rows = transposed(filter.values, columns: channels)
            return try appendConvolution(
                operation, window, groups: input.extents.channels,
                try self.channels(operation, filter, rows, count: channels, window.activation, input, output),
                input, output)
        }
        var weights = try self.channels(
            operation, filter, filter.values, isInnermost: true, count: channels, window.activation, input, output)
        let margins = try model.margins(operation, window, input: input.tensor, output: output.tensor)
        var parameters = nnq_depthwise_conv2d_params()
        (parameters.kernel_height, parameters.kernel_width) = window.kernel.parameters
        (parameters.stride_height, parameters.stride_width) = window.stride.parameters
        (parameters.dilation_height, parameters.dilation_width) = window.dilation.parameters
        (parameters.pad_top, parameters.pad_bottom) = Pair(margins.top, margins.bottom).parameters
        (parameters.pad_left, parameters.pad_right) = Pair(margins.left, margins.right).parameters
        (parameters.act_min, parameters.act_max) = weights.limits.parameters
        parameters.rounding = 1
        let block = try requantization(operation, &weights)
        try append(
            .depthwiseConv2D(parameters, filter: weights.filter, block), inputs: [input.place!], output: output,
            of: operation)
    }

    private mutating func channels(
        _ operation: TFLiteOperator, _ filter: TFLiteFilter, _ values: [Int8], isInnermost: Bool = false, count: Int,
        _ activation: TFLiteActivation, _ input: TFLiteOperand, _ output: TFLiteOperand
    ) throws -> FilterChannels {
        FilterChannels(
            filter: values, isInnermost: isInnermost, bias: try bias(operation, channels: count),
            multipliers: try multipliers(operation, filter, channels: count, input: input, output: output),
            inputZeroPoint: input.zeroPoint, output: output.quantization,
            limits: try limits(operation, activation, output.quantization))
    }

    private mutating func appendConvolution(
        _ operation: TFLiteOperator, _ window: TFLiteWindow, groups: Int, _ weights: FilterChannels, _ input: TFLiteOperand,
        _ output: TFLiteOperand
    ) throws {
        var weights = weights
        let margins = try model.margins(operation, window, input: input.tensor, output: output.tensor)
        var parameters = nnq_conv2d_params()
        (parameters.kernel_height, parameters.kernel_width) = window.kernel.parameters
        (parameters.stride_height, parameters.stride_width) = window.stride.parameters
        (parameters.dilation_height, parameters.dilation_width) = window.dilation.parameters
        (parameters.pad_top, parameters.pad_bottom) = Pair(margins.top, margins.bottom).parameters
        (parameters.pad_left, parameters.pad_right) = Pair(margins.left, margins.right).parameters
        (parameters.act_min, parameters.act_max) = weights.limits.parameters
        parameters.groups = Int32(clamping: groups)
        parameters.rounding = 1
        let block = try requantization(operation, &weights)
        try append(
            .conv2D(parameters, filter: weights.filter, block), inputs: [input.place!], output: output, of: operation)
    }

    private func mismatch(_ operation: TFLiteOperator, _ filter: TFLiteFilter, _ input: TFLiteOperand) -> ImportError {
        model.failure(
            operation, "the filter \(filter.shape.shapeText) does not go with the input "
                + "\(input.tensor.shape.shapeText): export the model again")
    }
}

/// A matrix of so many columns, its columns as rows.
func transposed<Element>(_ matrix: [Element], columns: Int) -> [Element] {
    let rows = matrix.count / columns
    return (0..<matrix.count).map { matrix[$0 % rows * columns + $0 / rows] }
}

extension Pair {
    /// As fields of an op.
    var parameters: (Int32, Int32) { (Int32(clamping: height), Int32(clamping: width)) }
}

extension ClosedRange<Int> {
    /// As the limits of an op's output.
    var parameters: (Int32, Int32) { (Int32(lowerBound), Int32(upperBound)) }
}
