// SPDX-License-Identifier: Apache-2.0
// Random ops that rearrange tensors, resize them, or multiply two of them.

import CNNQ
import NNQFormat

extension ProgramGenerator {
    mutating func appendSlice(_ input: Int) -> Bool {
        let ranges = shape(of: input).map { range(in: $0) }
        let p = nnq_slice_params(
            opcode: 0, begin_height: ranges[0].begin, begin_width: ranges[1].begin, begin_channels: ranges[2].begin,
            step_height: ranges[0].step, step_width: ranges[1].step, step_channels: ranges[2].step)
        return push(.slice(p), [input], ranges.map(\.count), zeroPoint: tensors[input].quantization.zeroPoint)
    }

    /// Some of the places of an extent, in steps of either sign.
    private mutating func range(in extent: Int) -> (begin: Int32, step: Int32, count: Int) {
        if below(3) == 0 { return (0, 1, extent) }
        let begin = below(extent)
        let size = below(8) == 0 ? 32767 : 1 + below(min(extent, 4))
        let step = below(3) == 0 ? -size : size
        let room = step < 0 ? begin : extent - 1 - begin
        return (Int32(begin), Int32(step), 1 + below(1 + room / size))
    }

    mutating func appendTranspose(_ input: Int) -> Bool {
        let axes = oneOf([[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
        let p = nnq_transpose_params(
            opcode: 0, axis_height: Int32(axes[0]), axis_width: Int32(axes[1]), axis_channels: Int32(axes[2]))
        let extents = shape(of: input)
        return push(
            .transpose(p), [input], axes.map { extents[$0] }, zeroPoint: tensors[input].quantization.zeroPoint)
    }

    mutating func appendResizeNearest(_ input: Int) -> Bool {
        let (height, width) = (1 + below(20), 1 + below(20))
        let extents = shape(of: input)
        let rows = (0..<height).map { _ in UInt16(below(extents[0])) }
        let columns = (0..<width).map { _ in UInt16(below(extents[1])) }
        return push(
            .resizeNearest(rows: rows, columns: columns), [input], [height, width, extents[2]],
            zeroPoint: tensors[input].quantization.zeroPoint)
    }

    mutating func appendResizeBilinear(_ input: Int) -> Bool {
        let (height, width) = (1 + below(20), 1 + below(20))
        let extents = shape(of: input)
        let rows = (0..<height).map { _ in position(in: extents[0]) }
        let columns = (0..<width).map { _ in position(in: extents[1]) }
        return push(
            .resizeBilinear(rows: rows, columns: columns), [input], [height, width, extents[2]],
            zeroPoint: tensors[input].quantization.zeroPoint)
    }

    /// Halves are frequent: their ties decide the rounding.
    private mutating func position(in extent: Int) -> ResizePosition {
        let lower = below(extent)
        let fraction = lower == extent - 1 ? 0 : below(3) == 0 ? oneOf([0, 512]) : below(1024)
        return ResizePosition(lower: UInt16(lower), fraction: UInt16(fraction))
    }

    mutating func appendGather(_ input: Int) -> Bool {
        let indices = tensors[input].count
        let height = oneOf((1...min(indices, 40)).filter { indices % $0 == 0 })
        let channels = 1 + below(8)
        var p = nnq_gather_params()
        p.count = Int32(1 + below(90))
        let table = (0..<Int(p.count) * channels).map { _ in int8() }
        return push(.gather(p, table: table), [input], [height, indices / height, channels], zeroPoint: int8())
    }

    mutating func appendArgMax(_ input: Int) -> Bool {
        let p = nnq_arg_max_params(opcode: 0, smallest: Int32(below(2)))
        let extents = shape(of: input)
        guard push(.argMax(p), [input], [extents[0], extents[1], 1], zeroPoint: 0) else { return false }
        tensors[tensors.count - 1].type = .int32
        return true
    }

    mutating func appendTransposeConv(_ input: Int) -> Bool {
        let extents = shape(of: input)
        var kernel = [0, 0], stride = [0, 0], dilation = [0, 0], pads = [0, 0], output = [0, 0]
        for axis in 0..<2 {
            kernel[axis] = 1 + below(4)
            stride[axis] = 1 + below(4)
            dilation[axis] = below(3) == 0 ? 1 + below(4) : 1
            pads[axis] = below(2) == 0 ? below(6) : 0
            let covered = (extents[axis] - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1 - pads[axis]
            output[axis] = below(3) == 0 ? 1 + below(max(covered, 1) + 3) : max(covered, 1)
        }
        let groups = below(3) == 0 ? oneOf((1...extents[2]).filter { extents[2] % $0 == 0 }) : 1
        let channels = groups * (1 + below(max(1, 8 / groups)))
        let taps = kernel[0] * kernel[1] * (extents[2] / groups)
        guard output[0] * output[1] * channels * taps <= 60_000 else { return false }
        let filter = filter(channels * taps)
        let sums = (0..<channels).map { channel in
            filter[channel * taps..<(channel + 1) * taps].reduce(0) { $0 + Int($1.magnitude) }
        }
        let (rounding, preShift, block) = requantization(sums: sums, taps: taps)
        let (low, high) = activation()
        var p = nnq_transpose_conv2d_params()
        (p.kernel_height, p.kernel_width) = (Int32(kernel[0]), Int32(kernel[1]))
        (p.stride_height, p.stride_width) = (Int32(stride[0]), Int32(stride[1]))
        (p.dilation_height, p.dilation_width) = (Int32(dilation[0]), Int32(dilation[1]))
        (p.pad_top, p.pad_left, p.groups) = (Int32(pads[0]), Int32(pads[1]), Int32(groups))
        (p.act_min, p.act_max, p.rounding, p.pre_shift) = (low, high, rounding, preShift)
        return push(
            .transposeConv2D(p, filter: filter, block), [input], output + [channels], zeroPoint: int8())
    }

    mutating func appendBatchMatmul(_ a: Int) -> Bool {
        var p = nnq_batch_matmul_params()
        (p.transpose_a, p.transpose_b) = (Int32(below(2)), Int32(below(2)))
        let first = shape(of: a)
        let (rows, depth) = p.transpose_a == 0 ? (first[1], first[2]) : (first[2], first[1])
        let partners = readable.filter { index in
            let second = shape(of: index)
            return second[p.transpose_b == 0 ? 1 : 2] == depth
                && (second[0] == first[0] || second[0] == 1 || first[0] == 1)
        }
        guard !partners.isEmpty else { return false }
        let b = oneOf(partners)
        let second = shape(of: b)
        guard depth <= 10_000 else { return false }
        (p.act_min, p.act_max) = activation()
        p.rounding = Int32(below(2))
        (p.multiplier, p.shift) = scale(65025 * depth)
        return push(
            .batchMatmul(p), [a, b],
            [max(first[0], second[0]), rows, p.transpose_b == 0 ? second[2] : second[1]], zeroPoint: int8())
    }
}
