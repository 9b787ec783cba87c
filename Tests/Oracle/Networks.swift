// SPDX-License-Identifier: Apache-2.0
// Whole networks with random weights: LeNet-5, MLPerf Tiny's ResNet-8, MobileNetV1.

import CNNQ
import NNQFormat

/// Programs in the shape of well-known networks; weights and requantization are random, but accumulators keep a usual
/// size.
public struct NetworkGenerator {
    private var generator: ProgramGenerator

    public init(seed: UInt64) { generator = ProgramGenerator(seed: seed) }

    /// LeNet-5 on 28 x 28 x 1 (LeCun et al., 1998), with max pools and a softmax.
    public mutating func leNet5() -> Program {
        generator.begin([28, 28, 1])
        var top = generator.conv(0, channels: 6, kernel: 5, padding: 2)
        top = generator.maxPool(top)
        top = generator.conv(top, channels: 16, kernel: 5)
        top = generator.maxPool(top)
        for channels in [120, 84, 10] { top = generator.dense(top, channels) }
        top = generator.softmax(top)
        return generator.end(top)
    }

    /// ResNet-8 on 32 x 32 x 3, the image classifier of MLPerf Tiny (Banbury et al., 2021).
    public mutating func resNet8() -> Program {
        generator.begin([32, 32, 3])
        var top = generator.conv(0, channels: 16, kernel: 3, padding: 1)
        for (channels, stride) in [(16, 1), (32, 2), (64, 2)] {
            let padding = stride == 1 ? (1, 1) : (0, 1)
            var branch = generator.conv(top, channels: channels, kernel: 3, stride: stride, pads: padding)
            branch = generator.conv(branch, channels: channels, kernel: 3, padding: 1)
            let shortcut = stride == 1 ? top : generator.conv(top, channels: channels, kernel: 1, stride: stride)
            top = generator.add(shortcut, branch)
        }
        top = generator.averagePool(top, kernel: 8)
        top = generator.flatten(top)
        top = generator.dense(top, 10)
        top = generator.softmax(top)
        return generator.end(top)
    }

    /// MobileNetV1 0.25 on 96 x 96 x 3 (Howard et al., 2017), the person detector of MLPerf Tiny.
    public mutating func mobileNetV1() -> Program {
        generator.begin([96, 96, 3])
        var top = generator.conv(0, channels: 8, kernel: 3, stride: 2, pads: (0, 1))
        let blocks =
            [(16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2)] + Array(repeating: (128, 1), count: 5)
            + [(256, 2), (256, 1)]
        for (channels, stride) in blocks {
            top = generator.depthwise(top, stride: stride, pads: stride == 1 ? (1, 1) : (0, 1))
            top = generator.conv(top, channels: channels, kernel: 1)
        }
        top = generator.averagePool(top, kernel: 3)
        top = generator.flatten(top)
        top = generator.dense(top, 2)
        top = generator.softmax(top)
        return generator.end(top)
    }
}

extension ProgramGenerator {
    fileprivate mutating func begin(_ shape: [Int]) {
        (tensors, operations, inputCount) = ([tensor(shape, zeroPoint: -3)], [], 1)
    }

    fileprivate func end(_ top: Int) -> Program {
        Program(tensors: tensors, inputCount: 1, operations: operations, outputs: [top])
    }

    private mutating func add(_ operation: Operation, _ inputs: [Int], _ shape: [Int], zeroPoint: Int8 = 4) -> Int {
        _ = push(operation, inputs, shape, zeroPoint: zeroPoint, limit: Int.max)
        return tensors.count - 1
    }

    /// A block that brings sums over this many random taps to a standard deviation of some 50.
    private mutating func block(_ channels: Int, taps: Int) -> Requantization {
        let spread = Double(taps).squareRoot() * 73 * 74 / 50
        let shift = 30 + Int(spread.exponent)
        let multiplier = Int32(0x1p30 / spread.significand)
        return Requantization(
            bias: (0..<channels).map { _ in Int32(below(2001) - 1000) },
            multiplier: (0..<channels).map { _ in multiplier + Int32(below(Int(multiplier) / 4)) },
            shift: [UInt8](repeating: UInt8(shift), count: channels))
    }

    fileprivate mutating func conv(
        _ input: Int, channels: Int, kernel: Int, stride: Int = 1, padding: Int = 0, pads: (Int, Int)? = nil
    ) -> Int {
        let (before, after) = pads ?? (padding, padding)
        let shape = shape(of: input)
        let extents = shape.prefix(2).map { ($0 + before + after - kernel) / stride + 1 }
        let taps = kernel * kernel * shape[2]
        let p = nnq_conv2d_params(
            opcode: 0, kernel_height: Int32(kernel), kernel_width: Int32(kernel), stride_height: Int32(stride),
            stride_width: Int32(stride), dilation_height: 1, dilation_width: 1, pad_top: Int32(before),
            pad_bottom: Int32(after), pad_left: Int32(before), pad_right: Int32(after), groups: 1, act_min: 4,
            act_max: 127, rounding: 0, pre_shift: 0, shift: 0, filter: 0)
        let weights = (0..<channels * taps).map { _ in Int8(below(255) - 127) }
        return add(.conv2D(p, filter: weights, block(channels, taps: taps)), [input], extents + [channels])
    }

    fileprivate mutating func depthwise(_ input: Int, stride: Int, pads: (Int, Int)) -> Int {
        let shape = shape(of: input)
        let extents = shape.prefix(2).map { ($0 + pads.0 + pads.1 - 3) / stride + 1 }
        let p = nnq_depthwise_conv2d_params(
            opcode: 0, kernel_height: 3, kernel_width: 3, stride_height: Int32(stride), stride_width: Int32(stride),
            dilation_height: 1, dilation_width: 1, pad_top: Int32(pads.0), pad_bottom: Int32(pads.1),
            pad_left: Int32(pads.0), pad_right: Int32(pads.1), act_min: 4, act_max: 127, rounding: 0, pre_shift: 0,
            shift: 0, filter: 0)
        let weights = (0..<shape[2] * 9).map { _ in Int8(below(255) - 127) }
        return add(.depthwiseConv2D(p, filter: weights, block(shape[2], taps: 9)), [input], extents + [shape[2]])
    }

    fileprivate mutating func dense(_ input: Int, _ channels: Int) -> Int {
        let taps = tensors[input].count
        let p = nnq_dense_params(
            opcode: 0, act_min: -128, act_max: 127, rounding: 0, pre_shift: 0, shift: 0, filter: 0)
        let weights = (0..<channels * taps).map { _ in Int8(below(255) - 127) }
        return add(.dense(p, filter: weights, block(channels, taps: taps)), [input], [1, 1, channels])
    }

    fileprivate mutating func maxPool(_ input: Int) -> Int {
        let shape = shape(of: input)
        let p = nnq_max_pool_params(
            opcode: 0, kernel_height: 2, kernel_width: 2, stride_height: 2, stride_width: 2, pad_top: 0,
            pad_bottom: 0, pad_left: 0, pad_right: 0, act_min: -128, act_max: 127)
        return add(.maxPool(p), [input], [shape[0] / 2, shape[1] / 2, shape[2]])
    }

    fileprivate mutating func averagePool(_ input: Int, kernel: Int) -> Int {
        let p = nnq_average_pool_params(
            opcode: 0, kernel_height: Int32(kernel), kernel_width: Int32(kernel), stride_height: 1, stride_width: 1,
            pad_top: 0, pad_bottom: 0, pad_left: 0, pad_right: 0, act_min: -128, act_max: 127, rounding: 0,
            pre_shift: 0, shift: 33, multipliers: 0)
        let multiplier = Int32((1 << 33) / (kernel * kernel))
        return add(
            .averagePool(p, multipliers: [multiplier]), [input], [1, 1, shape(of: input)[2]])
    }

    fileprivate mutating func add(_ a: Int, _ b: Int) -> Int {
        // The mean of both: three equal zero points cancel, which leaves the rounding.
        let p = nnq_add_params(
            opcode: 0, multiplier_a: 16384, multiplier_b: 16384, constant: 1 << 14, shift: 15, act_min: -128,
            act_max: 127)
        return add(.add(p), [a, b], shape(of: a))
    }

    fileprivate mutating func flatten(_ input: Int) -> Int {
        add(.reshape, [input], [1, 1, tensors[input].count])
    }

    fileprivate mutating func softmax(_ input: Int) -> Int {
        let exponentials = (0..<200).map { UInt16(65535 >> ($0 / 16)) }
        let top = add(.softmax(exponentials), [input], shape(of: input), zeroPoint: -128)
        tensors[top].quantization.scale = 0x1p-8
        return top
    }
}
