// SPDX-License-Identifier: Apache-2.0
// Small programs, op by op, for tests of single rules.

import CNNQ
import NNQFormat
import NNQRewrite
import Oracle
import Testing

/// A program in the making. Every op is named after its kind and place: `conv1`, `table2`.
struct ProgramBuilder {
    private var program: Program

    /// A program with one input, tensor 0.
    init(_ shape: [Int], zeroPoint: Int8 = 0) {
        program = Program(tensors: [], inputCount: 1, operations: [], outputs: [])
        appendTensor("input", shape, zeroPoint)
    }

    var zeroPoints: [Int8] { program.tensors.map(\.quantization.zeroPoint) }

    /// Appends an op; shape and zero point are those of its first input unless given.
    /// - Returns: the tensor that it writes.
    @discardableResult
    mutating func add(
        _ name: String, _ operation: NNQFormat.Operation, _ inputs: [Int], _ shape: [Int]? = nil,
        zeroPoint: Int8? = nil
    ) -> Int {
        let source = inputs.first.map { program.tensors[$0] }
        program.operations.append(ProgramOperation(operation, inputs: inputs))
        appendTensor(
            "\(name)\(program.operations.count)", shape ?? [source!.height, source!.width, source!.channels],
            zeroPoint ?? source!.quantization.zeroPoint)
        return program.tensors.count - 1
    }

    /// A convolution with stride 1 and equal pads whose requantization halves, `acc * 2^30 / 2^shift` with shift 31
    /// and two roundings.
    mutating func conv(
        _ input: Int, filter: [Int8], bias: [Int32], kernel: Int = 1, pad: Int = 0, groups: Int = 1,
        shift: UInt8 = 31, limits: ClosedRange<Int32> = -128...127, zeroPoint: Int8 = 0
    ) -> Int {
        let source = program.tensors[input]
        var p = nnq_conv2d_params()
        (p.kernel_height, p.kernel_width) = (Int32(kernel), Int32(kernel))
        (p.stride_height, p.stride_width, p.dilation_height, p.dilation_width) = (1, 1, 1, 1)
        (p.pad_top, p.pad_bottom, p.pad_left, p.pad_right) = (Int32(pad), Int32(pad), Int32(pad), Int32(pad))
        (p.groups, p.act_min, p.act_max, p.rounding) = (Int32(groups), limits.lowerBound, limits.upperBound, 1)
        let growth = 2 * pad + 1 - kernel
        return add(
            "conv", .conv2D(p, filter: filter, Self.block(bias, shift)), [input],
            [source.height + growth, source.width + growth, bias.count], zeroPoint: zeroPoint)
    }

    mutating func depthwise(_ input: Int, filter: [Int8], kernel: Int, pad: Int) -> Int {
        let source = program.tensors[input]
        var p = nnq_depthwise_conv2d_params()
        (p.kernel_height, p.kernel_width) = (Int32(kernel), Int32(kernel))
        (p.stride_height, p.stride_width, p.dilation_height, p.dilation_width) = (1, 1, 1, 1)
        (p.pad_top, p.pad_bottom, p.pad_left, p.pad_right) = (Int32(pad), Int32(pad), Int32(pad), Int32(pad))
        (p.act_min, p.act_max, p.rounding) = (-128, 127, 1)
        let growth = 2 * pad + 1 - kernel
        let bias = [Int32](repeating: 0, count: source.channels)
        return add(
            "depthwise", .depthwiseConv2D(p, filter: filter, Self.block(bias, 31)), [input],
            [source.height + growth, source.width + growth, source.channels], zeroPoint: 0)
    }

    mutating func dense(_ input: Int, filter: [Int8], bias: [Int32]) -> Int {
        var p = nnq_dense_params()
        (p.act_min, p.act_max, p.rounding) = (-128, 127, 1)
        return add(
            "dense", .dense(p, filter: filter, Self.block(bias, 31)), [input], [1, 1, bias.count], zeroPoint: 0)
    }

    /// A pad by the same everywhere.
    mutating func pad(_ input: Int, by pad: Int, value: Int8) -> Int {
        let source = program.tensors[input]
        var p = nnq_pad_params()
        (p.pad_top, p.pad_bottom, p.pad_left, p.pad_right) = (Int32(pad), Int32(pad), Int32(pad), Int32(pad))
        p.value = Int32(value)
        return add(
            "pad", .pad(p), [input], [source.height + 2 * pad, source.width + 2 * pad, source.channels])
    }

    mutating func table(_ input: Int, zeroPoint: Int8? = nil, _ function: (Int) -> Int) -> Int {
        add("table", .table((-128...127).map { Int8(function($0)) }), [input], zeroPoint: zeroPoint)
    }

    /// The program with these outputs.
    func program(outputs: Int...) -> Program {
        var program = program
        program.outputs = outputs
        return program
    }

    private static func block(_ bias: [Int32], _ shift: UInt8) -> Requantization {
        Requantization(
            bias: bias, multiplier: bias.map { _ in 1 << 30 }, shift: bias.map { _ in shift })
    }

    private mutating func appendTensor(_ name: String, _ shape: [Int], _ zeroPoint: Int8) {
        program.tensors.append(
            ProgramTensor(
                name: name, height: shape[0], width: shape[1], channels: shape[2],
                quantization: Quantization(scale: 0.5, zeroPoint: zeroPoint)))
    }
}

extension Program {
    /// The program after rewrites, checked to give what this one gives.
    func rewrittenSafely(
        _ rewrites: Set<ProgramRewrite> = Set(ProgramRewrite.allCases), seed: UInt64 = 7
    ) throws -> Program {
        let (rewritten, _) = try rewritten(rewrites)
        var generator = ProgramGenerator(seed: seed)
        for _ in 0..<10 {
            let inputs = generator.inputs(of: self)
            let expected = try Oracle.run(self, inputs: inputs)
            #expect(try runInC(rewritten, inputs: inputs) == outputs.map { expected[$0] }, "generator seed \(seed)")
        }
        return rewritten
    }

    /// Channels of the tensor of that name; nil where there is none.
    func channels(of name: String) -> Int? { tensors.first { $0.name == name }?.channels }

    var kinds: [String] { operations.map(\.operation.name) }
}
