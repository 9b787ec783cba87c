// SPDX-License-Identifier: Apache-2.0
// Convolutions, pools and dense layers, straight from section 5 of SPEC.md.

import CNNQ
import NNQFormat

/// A kernel that moves over a map; index 0 is height, 1 is width.
struct Window {
    let kernel, stride, dilation, before, after: [Int]

    init(_ p: nnq_conv2d_params) {
        self.init(
            kernel: [p.kernel_height, p.kernel_width], stride: [p.stride_height, p.stride_width],
            dilation: [p.dilation_height, p.dilation_width], before: [p.pad_top, p.pad_left],
            after: [p.pad_bottom, p.pad_right])
    }

    init(_ p: nnq_depthwise_conv2d_params) {
        self.init(
            kernel: [p.kernel_height, p.kernel_width], stride: [p.stride_height, p.stride_width],
            dilation: [p.dilation_height, p.dilation_width], before: [p.pad_top, p.pad_left],
            after: [p.pad_bottom, p.pad_right])
    }

    init(kernel: [Int32], stride: [Int32], dilation: [Int32] = [1, 1], before: [Int32], after: [Int32]) {
        self.kernel = kernel.map { Int($0) }
        self.stride = stride.map { Int($0) }
        self.dilation = dilation.map { Int($0) }
        self.before = before.map { Int($0) }
        self.after = after.map { Int($0) }
    }

    /// Throws where the output's extents are not those of the formula.
    func check(_ input: ProgramTensor, _ output: ProgramTensor) throws {
        let (ins, outs) = ([input.height, input.width], [output.height, output.width])
        for axis in 0..<2 {
            let extent = (kernel[axis] - 1) * dilation[axis] + 1
            let room = ins[axis] + before[axis] + after[axis] - extent
            guard room >= 0, room / stride[axis] + 1 == outs[axis] else { throw OracleError("the shape does not fit") }
        }
    }

    /// The input's coordinate under tap `tap` of output `position`, along an axis.
    func place(_ axis: Int, _ position: Int, _ tap: Int) -> Int {
        position * stride[axis] + tap * dilation[axis] - before[axis]
    }
}

extension Oracle {
    static func convolve(
        _ input: Map, _ shape: ProgramTensor, _ window: Window, _ affine: Affine, _ filter: [Int8],
        _ block: Requantization, groups: Int
    ) throws -> Map {
        try window.check(input.shape, shape)
        guard input.shape.channels % groups == 0, shape.channels % groups == 0 else { throw OracleError("groups") }
        let depth = input.shape.channels / groups
        let taps = window.kernel[0] * window.kernel[1] * depth
        for oc in 0..<shape.channels {
            try affine.certify(block, oc, weights: magnitude(filter[oc * taps..<(oc + 1) * taps]))
        }
        return try Map(shape) { y, x, oc in
            let group = oc / (shape.channels / groups)
            var acc = Int(block.bias[oc])
            for i in 0..<window.kernel[0] {
                for j in 0..<window.kernel[1] {
                    let (row, column) = (window.place(0, y, i), window.place(1, x, j))
                    let weights = ((oc * window.kernel[0] + i) * window.kernel[1] + j) * depth
                    for k in 0..<depth {
                        acc = try checked32(
                            acc + Int(filter[weights + k]) * input.tap(row, column, group * depth + k))
                    }
                }
            }
            return try affine.requantize(acc, block, oc, zeroPoint: Int(shape.quantization.zeroPoint))
        }
    }

    static func convolveDepthwise(
        _ input: Map, _ shape: ProgramTensor, _ window: Window, _ affine: Affine, _ filter: [Int8],
        _ block: Requantization
    ) throws -> Map {
        try window.check(input.shape, shape)
        guard shape.channels == input.shape.channels else { throw OracleError("channels") }
        for c in 0..<shape.channels {
            let weights = stride(from: c, to: filter.count, by: shape.channels).map { filter[$0] }
            try affine.certify(block, c, weights: magnitude(weights[...]))
        }
        return try Map(shape) { y, x, c in
            var acc = Int(block.bias[c])
            for i in 0..<window.kernel[0] {
                for j in 0..<window.kernel[1] {
                    let weight = Int(filter[(i * window.kernel[1] + j) * shape.channels + c])
                    acc = try checked32(acc + weight * input.tap(window.place(0, y, i), window.place(1, x, j), c))
                }
            }
            return try affine.requantize(acc, block, c, zeroPoint: Int(shape.quantization.zeroPoint))
        }
    }

    static func dense(
        _ input: Map, _ shape: ProgramTensor, _ affine: Affine, _ filter: [Int8], _ block: Requantization
    ) throws -> Map {
        guard shape.height == 1, shape.width == 1 else { throw OracleError("dense makes a vector") }
        let length = input.values.count
        return try Map(shape) { _, _, o in
            let row = filter[o * length..<(o + 1) * length]
            try affine.certify(block, o, weights: magnitude(row))
            let acc = try zip(row, input.values).reduce(Int(block.bias[o])) { acc, pair in
                try checked32(acc + Int(pair.0) * Int(pair.1))
            }
            return try affine.requantize(acc, block, o, zeroPoint: Int(shape.quantization.zeroPoint))
        }
    }

    static func maxPool(_ input: Map, _ shape: ProgramTensor, _ p: nnq_max_pool_params) throws -> Map {
        let window = Window(
            kernel: [p.kernel_height, p.kernel_width], stride: [p.stride_height, p.stride_width],
            before: [p.pad_top, p.pad_left], after: [p.pad_bottom, p.pad_right])
        return try pool(input, shape, window) { values in
            min(max(values.max()!, Int(p.act_min)), Int(p.act_max))
        }
    }

    static func averagePool(
        _ input: Map, _ shape: ProgramTensor, _ p: nnq_average_pool_params, _ multipliers: [Int32]
    ) throws -> Map {
        let window = Window(
            kernel: [p.kernel_height, p.kernel_width], stride: [p.stride_height, p.stride_width],
            before: [p.pad_top, p.pad_left], after: [p.pad_bottom, p.pad_right])
        let affine = Affine(p)
        let isPadded = (window.before + window.after).contains { $0 != 0 }
        let zeroPoint = Int(shape.quantization.zeroPoint)
        _ = try checked32(255 * window.kernel[0] * window.kernel[1] << affine.preShift)
        return try pool(input, shape, window) { values in
            let sum = values.reduce(0, +)
            if p.rounding == 1 { return affine.clamp(roundAway(sum, values.count)) }
            let multiplier = multipliers[isPadded ? values.count - 1 : 0]
            return try affine.once(
                sum - values.count * input.zeroPoint, multiplier: Int(multiplier), shift: Int(p.shift),
                zeroPoint: zeroPoint)
        }
    }

    /// A pool: `reduce` gets the taps inside the map.
    private static func pool(
        _ input: Map, _ shape: ProgramTensor, _ window: Window, _ reduce: ([Int]) throws -> Int
    ) throws -> Map {
        try window.check(input.shape, shape)
        guard shape.channels == input.shape.channels else { throw OracleError("channels") }
        return try Map(shape) { y, x, c in
            var values: [Int] = []
            for i in 0..<window.kernel[0] {
                for j in 0..<window.kernel[1] {
                    let (row, column) = (window.place(0, y, i), window.place(1, x, j))
                    if input.contains(row, column) { values.append(input[row, column, c]) }
                }
            }
            guard !values.isEmpty else { throw OracleError("a window lies outside of the map") }
            return try reduce(values)
        }
    }

    private static func magnitude(_ weights: ArraySlice<Int8>) -> Int {
        weights.reduce(0) { $0 + Int($1.magnitude) }
    }
}
