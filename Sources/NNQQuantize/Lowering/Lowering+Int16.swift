// SPDX-License-Identifier: Apache-2.0
// Layers on activations of 16 bits: symmetric int16 tensors, int8 weights.

import CNNQ
import NNQArithmetic
import NNQFormat
import NNQGraph

extension Lowering {
    mutating func lowerInt16(_ index: Int) throws {
        switch graph.nodes[index].layer {
        case .input: break
        case .dense: try lowerWideDense(index)
        case .conv2D(_, let window, let groups, _): try lowerWideConvolution(index, window, groups: groups)
        case .depthwiseConv2D(let multiplier, let window, _):
            try lowerWideDepthwise(index, window, multiplier: multiplier)
        case .maxPool(let window): try lowerWideMaxPool(index, window)
        case .globalMaxPool: try lowerWideMaxPool(index, wholeMap(index))
        case .averagePool(let window): try lowerWideAveragePool(index, window)
        case .globalAveragePool: try lowerWideAveragePool(index, wholeMap(index))
        case .activation(let function) where function.isClamp: try lowerWideClamp(index, function)
        case .softmax: try lowerWideSoftmax(index)
        case .add: try lowerWideSum(index, signs: [1, 1])
        case .binary(.subtract): try lowerWideSum(index, signs: [1, -1])
        case .flatten, .reshape: try lowerReshape(index)
        case .dropout: alias(index)
        default: preconditionFailure("a layer without an op on int16 activations has none")
        }
    }

    private func wholeMap(_ index: Int) -> Window {
        let input = shapes[graph.nodes[index].inputs[0]]
        return Window(kernel: Pair(input.height, input.width))
    }

    /// Output limits of a node's op: those of its fused activation, or all of int16.
    private func wideLimits(_ index: Int, _ output: Quantization) -> (min: Int32, max: Int32) {
        guard let fused = fusion.activation[index], case .activation(let function) = graph.nodes[fused].layer else {
            return (-32768, 32767)
        }
        return function.wideLimits(output)
    }

    // MARK: Layers of weights

    private mutating func lowerWideDense(_ index: Int) throws {
        let linear = try quantizedLinear(index)
        var p = nnq_dense_int16_params()
        (p.act_min, p.act_max) = wideLimits(index, linear.output)
        (p.wide, p.pre_shift) = (linear.isWide ? 1 : 0, Int32(linear.preShift))
        try appendWide(.dense(p, filter: linear.filter, linear.requantization), for: index, linear.output)
    }

    private mutating func lowerWideConvolution(_ index: Int, _ window: Window, groups: Int) throws {
        let channels = shapes[graph.nodes[index].inputs[0]].channels
        if groups == channels, shapes[index].channels == channels, groups > 1 {
            return try lowerWideDepthwise(index, window, multiplier: 1)
        }
        let linear = try quantizedLinear(index)
        let margins = try checked(index, window)
        var p = nnq_conv2d_int16_params()
        (p.kernel_height, p.kernel_width) = window.kernel.int32
        (p.stride_height, p.stride_width) = window.stride.int32
        (p.dilation_height, p.dilation_width) = window.dilation.int32
        (p.pad_top, p.pad_bottom) = (Int32(margins.top), Int32(margins.bottom))
        (p.pad_left, p.pad_right) = (Int32(margins.left), Int32(margins.right))
        (p.act_min, p.act_max) = wideLimits(index, linear.output)
        p.groups = Int32(groups)
        (p.wide, p.pre_shift) = (linear.isWide ? 1 : 0, Int32(linear.preShift))
        try appendWide(.conv2D(p, filter: linear.filter, linear.requantization), for: index, linear.output)
    }

    private mutating func lowerWideDepthwise(_ index: Int, _ window: Window, multiplier: Int) throws {
        if multiplier > 1 {
            return try lowerWideConvolution(index, window, groups: shapes[graph.nodes[index].inputs[0]].channels)
        }
        let linear = try quantizedLinear(index)
        let margins = try checked(index, window)
        var p = nnq_depthwise_conv2d_int16_params()
        (p.kernel_height, p.kernel_width) = window.kernel.int32
        (p.stride_height, p.stride_width) = window.stride.int32
        (p.dilation_height, p.dilation_width) = window.dilation.int32
        (p.pad_top, p.pad_bottom) = (Int32(margins.top), Int32(margins.bottom))
        (p.pad_left, p.pad_right) = (Int32(margins.left), Int32(margins.right))
        (p.act_min, p.act_max) = wideLimits(index, linear.output)
        (p.wide, p.pre_shift) = (linear.isWide ? 1 : 0, Int32(linear.preShift))
        let filter = linear.filter.transposed(rows: shapes[index].channels)
        try appendWide(.depthwiseConv2D(p, filter: filter, linear.requantization), for: index, linear.output)
    }

    // MARK: Other layers

    private mutating func lowerWideMaxPool(_ index: Int, _ window: Window) throws {
        let quantization = inputQuantization(index)
        let margins = try checkedPool(index, window)
        var p = nnq_max_pool_int16_params()
        (p.kernel_height, p.kernel_width) = window.kernel.int32
        (p.stride_height, p.stride_width) = window.stride.int32
        (p.pad_top, p.pad_bottom) = (Int32(margins.top), Int32(margins.bottom))
        (p.pad_left, p.pad_right) = (Int32(margins.left), Int32(margins.right))
        (p.act_min, p.act_max) = wideLimits(index, quantization)
        try appendWide(.maxPool(p), for: index, quantization)
    }

    private mutating func lowerWideAveragePool(_ index: Int, _ window: Window) throws {
        let margins = try checkedPool(index, window)
        let input = inputQuantization(index)
        let elements = window.kernel.height * window.kernel.width
        let (arithmetic, output) = try fitted(index, calibratedOutput(index)) {
            PoolArithmetic(
                input: input, output: $0, elements: elements, isPadded: margins != .zero, largest: 32768)
        }
        var p = nnq_average_pool_int16_params()
        (p.kernel_height, p.kernel_width) = window.kernel.int32
        (p.stride_height, p.stride_width) = window.stride.int32
        (p.pad_top, p.pad_bottom) = (Int32(margins.top), Int32(margins.bottom))
        (p.pad_left, p.pad_right) = (Int32(margins.left), Int32(margins.right))
        (p.act_min, p.act_max) = wideLimits(index, output)
        (p.pre_shift, p.shift) = (Int32(arithmetic.preShift), Int32(arithmetic.shift))
        try appendWide(.averagePool(p, multipliers: arithmetic.multipliers), for: index, output)
    }

    private mutating func lowerWideClamp(_ index: Int, _ function: Activation) throws {
        let output = calibratedOutput(index)
        let operation = try requantization(
            index, from: inputQuantization(index), to: output, function.wideLimits(output))
        try append(operation, for: index, output, type: .int16)
    }

    private mutating func lowerWideSoftmax(_ index: Int) throws {
        let (coarse, fine) = Tables.wideExponentials(scale: inputQuantization(index).scale)
        try appendWide(.softmax(coarse: coarse, fine: fine), for: index, Quantization(scale: 0x1p-15, zeroPoint: 0))
    }

    private mutating func lowerWideSum(_ index: Int, signs: [Int]) throws {
        let inputs = inputs(index).map { program.tensors[$0] }
        guard inputs.allSatisfy({ MapExtents($0) == MapExtents(shapes[index]) }) else {
            throw QuantizeError.at(
                graph.nodes[index],
                "with activations of 16 bits, both inputs have the output's shape: give it 8 bits")
        }
        let (by, output) = try fitted(index, calibratedOutput(index)) {
            WideSumArithmetic(inputs: inputs.map(\.quantization), signs: signs, output: $0)
        }
        var p = nnq_add_int16_params()
        (p.multiplier_a, p.multiplier_b, p.shift) = (by.multipliers[0], by.multipliers[1], by.shift)
        (p.act_min, p.act_max) = wideLimits(index, output)
        try appendWide(.add(p), for: index, output)
    }

    private mutating func appendWide(_ operation: Int16Operation, for index: Int, _ output: Quantization) throws {
        try append(.int16(operation), for: index, output, type: .int16)
    }
}

extension Activation {
    /// Limits of an int16 output for functions that only clamp.
    fileprivate func wideLimits(_ output: Quantization) -> (min: Int32, max: Int32) {
        func place(_ real: Float) -> Int32 {
            Int32(min(max((Double(real) / Double(output.scale)).rounded(), -32768), 32767))
        }
        switch self {
        case .relu: return (0, 32767)
        case .relu6: return (0, place(6))
        case .clip(let low, let high): return (place(low), place(high))
        default: return (-32768, 32767)
        }
    }
}
