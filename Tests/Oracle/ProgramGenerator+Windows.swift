// SPDX-License-Identifier: Apache-2.0
// Random convolutions, pools and dense layers.

import CNNQ
import NNQFormat

extension ProgramGenerator {
    /// Kernel, stride, dilation and pads along both axes, and the extents that come of them.
    private struct RandomWindow {
        var kernel = [0, 0], stride = [0, 0], dilation = [1, 1], before = [0, 0], after = [0, 0], output = [0, 0]
    }

    /// For pools, every pad is smaller than the kernel and nothing is dilated.
    private mutating func window(_ input: Int, isPool: Bool) -> RandomWindow? {
        var window = RandomWindow()
        let extents = shape(of: input)
        let isPadded = below(2) == 0
        for axis in 0..<2 {
            window.kernel[axis] = below(8) == 0 ? 1 + below(12) : 1 + below(4)
            if isPool, below(4) == 0 { window.kernel[axis] = extents[axis] }
            window.stride[axis] = below(3) == 0 ? 1 + below(6) : 1
            if !isPool, below(4) == 0 { window.dilation[axis] = 1 + below(4) }
            let widest = isPool ? min(window.kernel[axis], 256) : below(4) == 0 ? 12 : 4
            if isPadded { (window.before[axis], window.after[axis]) = (below(widest), below(widest)) }
            let extent = (window.kernel[axis] - 1) * window.dilation[axis] + 1
            let room = extents[axis] + window.before[axis] + window.after[axis] - extent
            if room < 0 { return nil }
            window.output[axis] = room / window.stride[axis] + 1
        }
        return window
    }

    mutating func appendConv(_ input: Int) -> Bool {
        guard let window = window(input, isPool: false) else { return false }
        let depth = tensors[input].channels
        let groups = below(3) == 0 ? oneOf((1...depth).filter { depth % $0 == 0 }) : 1
        let channels = groups * (1 + below(max(1, 10 / groups)))
        let taps = window.kernel[0] * window.kernel[1] * (depth / groups)
        guard window.output[0] * window.output[1] * channels * taps <= 60_000 else { return false }
        let filter = filter(channels * taps)
        let sums = (0..<channels).map { sum(filter[$0 * taps..<($0 + 1) * taps]) }
        let (rounding, preShift, block) = requantization(sums: sums, taps: taps)
        let (low, high) = activation()
        let p = nnq_conv2d_params(
            opcode: 0, kernel_height: Int32(window.kernel[0]), kernel_width: Int32(window.kernel[1]),
            stride_height: Int32(window.stride[0]), stride_width: Int32(window.stride[1]),
            dilation_height: Int32(window.dilation[0]), dilation_width: Int32(window.dilation[1]),
            pad_top: Int32(window.before[0]), pad_bottom: Int32(window.after[0]), pad_left: Int32(window.before[1]),
            pad_right: Int32(window.after[1]), groups: Int32(groups), act_min: low, act_max: high,
            rounding: rounding, pre_shift: preShift, shift: 0, filter: 0)
        return push(
            .conv2D(p, filter: filter, block), [input], window.output + [channels], zeroPoint: int8())
    }

    mutating func appendDepthwise(_ input: Int) -> Bool {
        guard let window = window(input, isPool: false) else { return false }
        let channels = tensors[input].channels
        let taps = window.kernel[0] * window.kernel[1]
        guard window.output[0] * window.output[1] * channels * taps <= 60_000 else { return false }
        let filter = filter(channels * taps)
        let sums = (0..<channels).map { channel in
            (0..<taps).reduce(0) { $0 + Int(filter[$1 * channels + channel].magnitude) }
        }
        let (rounding, preShift, block) = requantization(sums: sums, taps: taps)
        let (low, high) = activation()
        let p = nnq_depthwise_conv2d_params(
            opcode: 0, kernel_height: Int32(window.kernel[0]), kernel_width: Int32(window.kernel[1]),
            stride_height: Int32(window.stride[0]), stride_width: Int32(window.stride[1]),
            dilation_height: Int32(window.dilation[0]), dilation_width: Int32(window.dilation[1]),
            pad_top: Int32(window.before[0]), pad_bottom: Int32(window.after[0]), pad_left: Int32(window.before[1]),
            pad_right: Int32(window.after[1]), act_min: low, act_max: high, rounding: rounding,
            pre_shift: preShift, shift: 0, filter: 0)
        return push(
            .depthwiseConv2D(p, filter: filter, block), [input], window.output + [channels], zeroPoint: int8())
    }

    mutating func appendDense(_ input: Int) -> Bool {
        let taps = tensors[input].count
        let channels = 1 + below(12)
        let filter = filter(channels * taps)
        let sums = (0..<channels).map { sum(filter[$0 * taps..<($0 + 1) * taps]) }
        let (rounding, preShift, block) = requantization(sums: sums, taps: taps)
        let (low, high) = activation()
        let p = nnq_dense_params(
            opcode: 0, act_min: low, act_max: high, rounding: rounding, pre_shift: preShift, shift: 0, filter: 0)
        return push(.dense(p, filter: filter, block), [input], [1, 1, channels], zeroPoint: int8())
    }

    mutating func appendMaxPool(_ input: Int) -> Bool {
        guard let window = window(input, isPool: true) else { return false }
        let (low, high) = activation()
        let p = nnq_max_pool_params(
            opcode: 0, kernel_height: Int32(window.kernel[0]), kernel_width: Int32(window.kernel[1]),
            stride_height: Int32(window.stride[0]), stride_width: Int32(window.stride[1]),
            pad_top: Int32(window.before[0]), pad_bottom: Int32(window.after[0]), pad_left: Int32(window.before[1]),
            pad_right: Int32(window.after[1]), act_min: low, act_max: high)
        return push(
            .maxPool(p), [input], window.output + [tensors[input].channels],
            zeroPoint: tensors[input].quantization.zeroPoint)
    }

    mutating func appendAveragePool(_ input: Int) -> Bool {
        guard let window = window(input, isPool: true) else { return false }
        let rounding = below(3) == 0 ? 1 : 0
        let area = window.kernel[0] * window.kernel[1]
        let room = Int.bitWidth - 1 - (Int(Int32.max) / (255 * area)).leadingZeroBitCount
        let preShift = rounding == 0 && below(2) == 0 ? below(room + 1) : 0
        let bits = Int.bitWidth - area.leadingZeroBitCount
        let shift = below(3) == 0 ? 33 + below(30) : min(30 + preShift + bits + below(4), 62)
        let (low, high) = activation()
        let p = nnq_average_pool_params(
            opcode: 0, kernel_height: Int32(window.kernel[0]), kernel_width: Int32(window.kernel[1]),
            stride_height: Int32(window.stride[0]), stride_width: Int32(window.stride[1]),
            pad_top: Int32(window.before[0]), pad_bottom: Int32(window.after[0]), pad_left: Int32(window.before[1]),
            pad_right: Int32(window.after[1]), act_min: low, act_max: high, rounding: Int32(rounding),
            pre_shift: Int32(preShift), shift: Int32(max(shift, 33)), multipliers: 0)
        let isPadded = (window.before + window.after).contains { $0 > 0 }
        let multipliers = (0..<(rounding == 0 && isPadded ? area : 1)).map { _ in multiplier() }
        return push(
            .averagePool(p, multipliers: multipliers), [input], window.output + [tensors[input].channels],
            zeroPoint: rounding == 1 ? tensors[input].quantization.zeroPoint : int8())
    }

    private func sum(_ weights: ArraySlice<Int8>) -> Int { weights.reduce(0) { $0 + Int($1.magnitude) } }
}
