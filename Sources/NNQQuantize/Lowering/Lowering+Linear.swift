// SPDX-License-Identifier: Apache-2.0
// Dense layers and convolutions.

import CNNQ
import NNQArithmetic
import NNQFormat
import NNQGraph

extension Lowering {
    mutating func lowerDense(_ index: Int) throws {
        let linear = try quantizedLinear(index)
        var parameters = nnq_dense_params()
        (parameters.act_min, parameters.act_max) = limits(index, linear.output)
        parameters.pre_shift = Int32(linear.preShift)
        try append(.dense(parameters, filter: linear.filter, linear.requantization), for: index, linear.output)
    }

    /// A convolution whose groups are single channels, as many as filters, is a depthwise one.
    mutating func lowerConvolution(_ index: Int, _ window: Window, groups: Int) throws {
        let channels = shapes[graph.nodes[index].inputs[0]].channels
        if groups == channels, shapes[index].channels == channels, groups > 1 {
            return try lowerDepthwise(index, window, multiplier: 1)
        }
        let linear = try quantizedLinear(index)
        var parameters = nnq_conv2d_params()
        let margins = try checked(index, window)
        (parameters.kernel_height, parameters.kernel_width) = window.kernel.int32
        (parameters.stride_height, parameters.stride_width) = window.stride.int32
        (parameters.dilation_height, parameters.dilation_width) = window.dilation.int32
        (parameters.pad_top, parameters.pad_bottom) = (Int32(margins.top), Int32(margins.bottom))
        (parameters.pad_left, parameters.pad_right) = (Int32(margins.left), Int32(margins.right))
        (parameters.act_min, parameters.act_max) = limits(index, linear.output)
        parameters.groups = Int32(groups)
        parameters.pre_shift = Int32(linear.preShift)
        try append(.conv2D(parameters, filter: linear.filter, linear.requantization), for: index, linear.output)
    }

    /// The int8 op has one filter a channel; with more it is a convolution in groups of one input channel.
    mutating func lowerDepthwise(_ index: Int, _ window: Window, multiplier: Int) throws {
        if multiplier > 1 {
            return try lowerConvolution(index, window, groups: shapes[graph.nodes[index].inputs[0]].channels)
        }
        let linear = try quantizedLinear(index)
        var parameters = nnq_depthwise_conv2d_params()
        let margins = try checked(index, window)
        (parameters.kernel_height, parameters.kernel_width) = window.kernel.int32
        (parameters.stride_height, parameters.stride_width) = window.stride.int32
        (parameters.dilation_height, parameters.dilation_width) = window.dilation.int32
        (parameters.pad_top, parameters.pad_bottom) = (Int32(margins.top), Int32(margins.bottom))
        (parameters.pad_left, parameters.pad_right) = (Int32(margins.left), Int32(margins.right))
        (parameters.act_min, parameters.act_max) = limits(index, linear.output)
        parameters.pre_shift = Int32(linear.preShift)
        let filter = linear.filter.transposed(rows: shapes[index].channels)
        try append(.depthwiseConv2D(parameters, filter: filter, linear.requantization), for: index, linear.output)
    }

    /// Taps that lie between the input's pixels count as zeros, so that zero points fold into the bias as they do in a
    /// convolution.
    mutating func lowerTransposedConvolution(
        _ index: Int, _ window: Window, _ outputPadding: Pair, groups: Int
    ) throws {
        let margins = window.transposedMargins(outputPadding: outputPadding)
        try checkSizes(index, window, margins)
        let linear = try quantizedLinear(index)
        var parameters = nnq_transpose_conv2d_params()
        (parameters.kernel_height, parameters.kernel_width) = window.kernel.int32
        (parameters.stride_height, parameters.stride_width) = window.stride.int32
        (parameters.dilation_height, parameters.dilation_width) = window.dilation.int32
        (parameters.pad_top, parameters.pad_left) = (Int32(margins.top), Int32(margins.left))
        (parameters.act_min, parameters.act_max) = limits(index, linear.output)
        parameters.groups = Int32(groups)
        parameters.pre_shift = Int32(linear.preShift)
        try append(
            .transposeConv2D(parameters, filter: linear.filter, linear.requantization), for: index, linear.output)
    }

    mutating func quantizedLinear(_ index: Int) throws -> QuantizedLinear {
        let node = graph.nodes[index]
        let weight = model.parameters["\(node.name).weight"]!
        let bias = model.parameters["\(node.name).bias"]?.values
        var weights = LinearWeights(filter: weight.values, bias: bias ?? Array(repeating: 0, count: weight.shape[0]))
        weights.scales = weightScales[node.name]
        weights.steps = weightSteps[node.name] ?? 127
        weights.input = widths[index]
        guard (weights.filter + weights.bias).allSatisfy(\.isFinite) else {
            throw QuantizeError.at(
                node, "a weight is infinite or not a number: train again with a smaller learning rate")
        }
        let output = calibratedOutput(index)
        guard let linear = weights.quantized(input: inputQuantization(index), output: output) else {
            throw QuantizeError.at(
                node,
                "its sums of \(weights.terms) products do not fit 32 bits with any scales: "
                    + "use fewer inputs, or a pool before it"
            )
        }
        if linear.coarserChannels > 0 {
            note(
                index,
                "\(linear.coarserChannels) of \(weights.channels) channels have coarser weights, "
                    + "so that sums fit 32 bits"
            )
        }
        if linear.output != output {
            note(
                index,
                "the output's scale is \(linear.output.scale) instead of \(output.scale), so that sums fit 32 bits")
        }
        note(index, linear)
        return linear
    }

    /// - Returns: the window's padding.
    func checked(_ index: Int, _ window: Window) throws -> Margins {
        let margins = window.margins(for: shapes[graph.nodes[index].inputs[0]])
        try checkSizes(index, window, margins)
        return margins
    }

    private func checkSizes(_ index: Int, _ window: Window, _ margins: Margins) throws {
        let sizes = [window.kernel, window.stride, window.dilation].flatMap { [$0.height, $0.width] }
        let pads = [margins.top, margins.bottom, margins.left, margins.right]
        guard (sizes + pads).allSatisfy({ $0 <= 255 }) else {
            throw QuantizeError.at(
                graph.nodes[index],
                "kernel \(window.kernel), stride \(window.stride), dilation \(window.dilation) "
                    + "and padding are at most 255 in an int8 convolution: "
                    + "use a smaller window, a dense layer where it covers the map, or a pad layer")
        }
    }
}

extension Pair {
    var int32: (Int32, Int32) { (Int32(height), Int32(width)) }
}

extension [Int8] {
    /// A matrix of so many rows, its columns as rows.
    func transposed(rows: Int) -> [Int8] {
        let columns = count / rows
        return (0..<count).map { self[$0 % rows * columns + $0 / rows] }
    }
}
