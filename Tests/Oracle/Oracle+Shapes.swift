// SPDX-License-Identifier: Apache-2.0
// Ops that rearrange tensors, resize them, or multiply two of them, straight from section 5 of SPEC.md.

import CNNQ
import NNQFormat

extension Oracle {
    static func slice(_ input: Map, _ shape: ProgramTensor, _ p: nnq_slice_params) throws -> Map {
        let begins = [p.begin_height, p.begin_width, p.begin_channels].map { Int($0) }
        let steps = [p.step_height, p.step_width, p.step_channels].map { Int($0) }
        return try Map(shape) { y, x, c in
            try input.element(zip([y, x, c], zip(begins, steps)).map { $1.0 + $0 * $1.1 })
        }
    }

    static func transpose(_ input: Map, _ shape: ProgramTensor, _ p: nnq_transpose_params) throws -> Map {
        let axes = [p.axis_height, p.axis_width, p.axis_channels].map { Int($0) }
        let extents = [shape.height, shape.width, shape.channels]
        guard axes.sorted() == [0, 1, 2], axes.map({ input.extents[$0] }) == extents else {
            throw OracleError("the shape is no permutation")
        }
        return try Map(shape) { y, x, c in
            var place = [0, 0, 0]
            for (axis, position) in zip(axes, [y, x, c]) { place[axis] = position }
            return try input.element(place)
        }
    }

    static func resizeNearest(
        _ input: Map, _ shape: ProgramTensor, _ rows: [UInt16], _ columns: [UInt16]
    ) throws -> Map {
        try Map(shape) { y, x, c in try input.element([Int(rows[y]), Int(columns[x]), c]) }
    }

    static func resizeBilinear(
        _ input: Map, _ shape: ProgramTensor, _ rows: [ResizePosition], _ columns: [ResizePosition]
    ) throws -> Map {
        try Map(shape) { y, x, c in
            var sum = 0
            for (row, down) in rows[y].neighbours {
                for (column, across) in columns[x].neighbours {
                    sum += down * across * (try input.element([row, column, c]))
                }
            }
            return roundAway(try checked32(sum), 1 << 20)
        }
    }

    static func gather(_ input: Map, _ shape: ProgramTensor, _ p: nnq_gather_params, _ table: [Int8]) throws -> Map {
        guard input.shape.count == shape.height * shape.width else { throw OracleError("not a row for each index") }
        return try Map(shape) { y, x, c in
            let index = input.values[y * shape.width + x] - input.zeroPoint
            return Int(table[min(max(index, 0), Int(p.count) - 1) * shape.channels + c])
        }
    }

    static func argMax(_ input: Map, _ shape: ProgramTensor, _ p: nnq_arg_max_params) throws -> Map {
        guard shape.channels == 1, shape.type == .int32 else { throw OracleError("not a map of indices") }
        return try Map(shape) { y, x, _ in
            let values = try (0..<input.shape.channels).map { try input.element([y, x, $0]) }
            return values.firstIndex(of: p.smallest == 1 ? values.min()! : values.max()!)!
        }
    }

    /// Every input element gives its multiple of the filter; what no input element reaches gets the zero point's.
    static func convolveTransposed(
        _ input: Map, _ shape: ProgramTensor, _ p: nnq_transpose_conv2d_params, _ filter: [Int8],
        _ block: Requantization
    ) throws -> Map {
        let groups = Int(p.groups)
        guard input.shape.channels % groups == 0, shape.channels % groups == 0 else { throw OracleError("groups") }
        let affine = Affine(p)
        let kernel = [Int(p.kernel_height), Int(p.kernel_width)]
        let depth = input.shape.channels / groups
        let taps = kernel[0] * kernel[1] * depth
        var sums = [Int](repeating: 0, count: shape.count)
        for (row, column) in input.pixels {
            for (i, j) in product(kernel[0], kernel[1]) {
                let y = row * Int(p.stride_height) + i * Int(p.dilation_height) - Int(p.pad_top)
                let x = column * Int(p.stride_width) + j * Int(p.dilation_width) - Int(p.pad_left)
                guard (0..<shape.height).contains(y), (0..<shape.width).contains(x) else { continue }
                for (oc, k) in product(shape.channels, depth) {
                    let weight = Int(filter[oc * taps + (i * kernel[1] + j) * depth + k])
                    let q = input[row, column, oc / (shape.channels / groups) * depth + k]
                    sums[(y * shape.width + x) * shape.channels + oc] += weight * (q - input.zeroPoint)
                }
            }
        }
        return try Map(shape) { y, x, oc in
            let weights = filter[oc * taps..<(oc + 1) * taps]
            try affine.certify(block, oc, weights: weights.reduce(0) { $0 + Int($1.magnitude) })
            let zero = weights.reduce(0) { $0 + Int($1) * input.zeroPoint }
            let acc = try checked32(
                Int(block.bias[oc]) + zero + sums[(y * shape.width + x) * shape.channels + oc])
            return try affine.requantize(acc, block, oc, zeroPoint: Int(shape.quantization.zeroPoint))
        }
    }

    static func batchMatmul(_ a: Map, _ b: Map, _ shape: ProgramTensor, _ p: nnq_batch_matmul_params) throws -> Map {
        let depth = p.transpose_a == 0 ? a.shape.channels : a.shape.width
        guard depth == (p.transpose_b == 0 ? b.shape.width : b.shape.channels),
            [1, shape.height].contains(a.shape.height), [1, shape.height].contains(b.shape.height)
        else { throw OracleError("the matrices do not fit") }
        return try Map(shape) { batch, row, column in
            let (batchOfA, batchOfB) = (a.shape.height == 1 ? 0 : batch, b.shape.height == 1 ? 0 : batch)
            let acc = try (0..<depth).reduce(0) { acc, k in
                let left = try a.element([batchOfA] + (p.transpose_a == 0 ? [row, k] : [k, row]))
                let right = try b.element([batchOfB] + (p.transpose_b == 0 ? [k, column] : [column, k]))
                return try checked32(acc + (left - a.zeroPoint) * (right - b.zeroPoint))
            }
            let scaled = try scaled(acc, p.multiplier, p.shift, rounding: p.rounding)
            let sum = Int(shape.quantization.zeroPoint) + scaled
            return min(max(sum, Int(p.act_min)), Int(p.act_max))
        }
    }

    private static func product(_ a: Int, _ b: Int) -> [(Int, Int)] {
        (0..<a).flatMap { first in (0..<b).map { (first, $0) } }
    }
}

extension Map {
    fileprivate var extents: [Int] { [shape.height, shape.width, shape.channels] }

    fileprivate var pixels: [(Int, Int)] {
        (0..<shape.height).flatMap { y in (0..<shape.width).map { (y, $0) } }
    }

    /// The element at a place; throws outside of the map.
    fileprivate func element(_ place: [Int]) throws -> Int {
        guard zip(place, extents).allSatisfy({ (0..<$1).contains($0) }) else {
            throw OracleError("\(place) is outside of \(extents)")
        }
        return self[place[0], place[1], place[2]]
    }
}

extension ResizePosition {
    /// The elements that it lies between, with their weights in units of 1/1024.
    fileprivate var neighbours: [(place: Int, weight: Int)] {
        let before = (Int(lower), 1024 - Int(fraction))
        return fraction == 0 ? [before] : [before, (Int(lower) + 1, Int(fraction))]
    }
}
