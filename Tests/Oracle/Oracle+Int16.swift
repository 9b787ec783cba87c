// SPDX-License-Identifier: Apache-2.0
// Ops on int16 activations, straight from section 5.2 of SPEC.md.

import CNNQ
import NNQFormat

extension Oracle {
    static func wide(_ operation: Int16Operation, _ inputs: [Map], _ shape: ProgramTensor) throws -> Map {
        let input = inputs[0]
        if case .requantize(let p) = operation {
            guard input.shape.type != .int32, shape.type != .int32 else { throw OracleError("types") }
            return try Map(shape) { y, x, c in
                let product = Int128(input[y, x, c] - input.zeroPoint) * Int128(p.multiplier) << 15
                let value = Int128(shape.quantization.zeroPoint) + roundShift(product, p.shift)
                return clamp(value, p.act_min, p.act_max)
            }
        }
        guard inputs.allSatisfy({ $0.shape.type == .int16 }), shape.type == .int16 else { throw OracleError("types") }
        switch operation {
        case .conv2D(let p, let filter, let block): return try wideConvolve(input, shape, p, filter, block)
        case .depthwiseConv2D(let p, let filter, let block):
            return try wideDepthwise(input, shape, p, filter, block)
        case .dense(let p, let filter, let block):
            let taps = input.shape.count
            return try Map(shape) { _, _, o in
                let products = (0..<taps).map { Int128(filter[o * taps + $0]) * Int128(input.values[$0]) }
                return try requantize(
                    products, block, o, p.wide, p.pre_shift, p.act_min, p.act_max,
                    weights: filter[o * taps..<(o + 1) * taps])
            }
        case .maxPool(let p):
            let window = Window(
                kernel: [p.kernel_height, p.kernel_width], stride: [p.stride_height, p.stride_width],
                before: [p.pad_top, p.pad_left], after: [p.pad_bottom, p.pad_right])
            try window.check(input.shape, shape)
            return try Map(shape) { y, x, c in
                clamp(Int128(inside(input, window, y, x, c).max()!), p.act_min, p.act_max)
            }
        case .averagePool(let p, let multipliers):
            let window = Window(
                kernel: [p.kernel_height, p.kernel_width], stride: [p.stride_height, p.stride_width],
                before: [p.pad_top, p.pad_left], after: [p.pad_bottom, p.pad_right])
            try window.check(input.shape, shape)
            return try Map(shape) { y, x, c in
                let values = inside(input, window, y, x, c)
                let multiplier = multipliers[multipliers.count == 1 ? 0 : values.count - 1]
                let sum = try checked32(values.reduce(0, +) << Int(p.pre_shift))
                return clamp(roundShift(Int128(sum) * Int128(multiplier), p.shift), p.act_min, p.act_max)
            }
        case .add(let p):
            return try Map(shape) { y, x, c in
                let sum =
                    Int128(input[y, x, c]) * Int128(p.multiplier_a) + Int128(inputs[1][y, x, c])
                    * Int128(p.multiplier_b)
                return clamp(roundShift(sum << 15, p.shift), p.act_min, p.act_max)
            }
        case .softmax(let coarse, let fine): return try wideSoftmax(input, shape, coarse, fine)
        case .requantize: throw OracleError("requantize")
        }
    }

    private static func wideConvolve(
        _ input: Map, _ shape: ProgramTensor, _ p: nnq_conv2d_int16_params, _ filter: [Int8], _ block: Requantization
    ) throws -> Map {
        let window = Window(
            kernel: [p.kernel_height, p.kernel_width], stride: [p.stride_height, p.stride_width],
            dilation: [p.dilation_height, p.dilation_width], before: [p.pad_top, p.pad_left],
            after: [p.pad_bottom, p.pad_right])
        try window.check(input.shape, shape)
        let depth = input.shape.channels / Int(p.groups)
        let perGroup = shape.channels / Int(p.groups)
        let taps = window.kernel[0] * window.kernel[1] * depth
        return try Map(shape) { y, x, oc in
            let products = (0..<taps).map { tap in
                let (row, column) = (tap / depth / window.kernel[1], tap / depth % window.kernel[1])
                let value = input.tap(
                    window.place(0, y, row), window.place(1, x, column), oc / perGroup * depth + tap % depth)
                return Int128(filter[oc * taps + tap]) * Int128(value)
            }
            return try requantize(
                products, block, oc, p.wide, p.pre_shift, p.act_min, p.act_max,
                weights: filter[oc * taps..<(oc + 1) * taps])
        }
    }

    private static func wideDepthwise(
        _ input: Map, _ shape: ProgramTensor, _ p: nnq_depthwise_conv2d_int16_params, _ filter: [Int8],
        _ block: Requantization
    ) throws -> Map {
        let window = Window(
            kernel: [p.kernel_height, p.kernel_width], stride: [p.stride_height, p.stride_width],
            dilation: [p.dilation_height, p.dilation_width], before: [p.pad_top, p.pad_left],
            after: [p.pad_bottom, p.pad_right])
        try window.check(input.shape, shape)
        let taps = window.kernel[0] * window.kernel[1]
        return try Map(shape) { y, x, c in
            let weights = (0..<taps).map { filter[$0 * shape.channels + c] }
            let products = (0..<taps).map { tap in
                let (row, column) = (tap / window.kernel[1], tap % window.kernel[1])
                let value = input.tap(window.place(0, y, row), window.place(1, x, column), c)
                return Int128(weights[tap]) * Int128(value)
            }
            return try requantize(
                products, block, c, p.wide, p.pre_shift, p.act_min, p.act_max, weights: weights[...])
        }
    }

    private static func wideSoftmax(
        _ input: Map, _ shape: ProgramTensor, _ coarse: [UInt16], _ fine: [UInt16]
    ) throws -> Map {
        guard shape.quantization == Quantization(scale: 0x1p-15, zeroPoint: 0) else { throw OracleError("scale") }
        return try Map(shape) { y, x, c in
            let pixel = (0..<shape.channels).map { input[y, x, $0] }
            let top = pixel.max()!
            let exponentials = pixel.map { q in
                let difference = top - q
                guard difference / 256 < coarse.count else { return 0 }
                return (Int(coarse[difference / 256]) * Int(fine[difference % 256]) + 32768) / 65536
            }
            let sum = exponentials.reduce(0, +)
            return min(32767, (32768 * exponentials[c] + sum / 2) / sum)
        }
    }

    /// The elements under a window that lie inside of the map.
    private static func inside(_ input: Map, _ window: Window, _ y: Int, _ x: Int, _ c: Int) -> [Int] {
        var values: [Int] = []
        for i in 0..<window.kernel[0] {
            for j in 0..<window.kernel[1] {
                let (row, column) = (window.place(0, y, i), window.place(1, x, j))
                if input.contains(row, column) { values.append(input[row, column, c]) }
            }
        }
        return values
    }

    /// Checks the certificate and each partial sum.
    private static func requantize(
        _ products: [Int128], _ block: Requantization, _ c: Int, _ wide: Int32, _ preShift: Int32, _ low: Int32,
        _ high: Int32, weights: ArraySlice<Int8>
    ) throws -> Int {
        let limit = Int128(1) << (wide == 1 ? 47 : 31)
        let magnitude = weights.reduce(0) { $0 + Int($1.magnitude) }
        let bound = (Int128(block.bias[c].magnitude) + 32768 * Int128(magnitude)) << Int128(preShift)
        guard bound < limit else { throw OracleError("no certificate") }
        var acc = Int128(block.bias[c])
        for product in products {
            acc += product
            guard acc.magnitude << Int(preShift) < limit.magnitude else { throw OracleError("a sum overflows") }
        }
        let product = acc << Int128(preShift) * Int128(block.multiplier[c])
        return clamp(roundShift(product, Int32(block.shift[c])), low, high)
    }

    /// `(value + 2^(shift - 1)) >> shift`.
    private static func roundShift(_ value: Int128, _ shift: Int32) -> Int128 {
        let divisor = Int128(1) << Int(shift)
        let sum = value + divisor / 2
        return sum / divisor - (sum % divisor < 0 ? 1 : 0)
    }

    private static func clamp(_ value: Int128, _ low: Int32, _ high: Int32) -> Int {
        Int(min(max(value, Int128(low)), Int128(high)))
    }
}
