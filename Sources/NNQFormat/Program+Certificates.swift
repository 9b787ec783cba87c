// SPDX-License-Identifier: Apache-2.0
// The overflow certificates of SPEC.md, sections 4 and 5, with the name of the op that lacks one.

import CNNQ

extension Program {
    /// Checks that no accumulator can overflow and that filters hold -127 ... 127.
    /// - Precondition: `checkStructure` passed.
    package func checkCertificates() throws {
        for index in operations.indices {
            switch operations[index].operation {
            case .conv2D(let p, let filter, let block):
                try check(index, rowsOf(filter, block), block, rounding: p.rounding, preShift: p.pre_shift)
            case .dense(let p, let filter, let block):
                try check(index, rowsOf(filter, block), block, rounding: p.rounding, preShift: p.pre_shift)
            case .depthwiseConv2D(let p, let filter, let block):
                try check(index, columnsOf(filter, block), block, rounding: p.rounding, preShift: p.pre_shift)
            case .transposeConv2D(let p, let filter, let block):
                try check(index, rowsOf(filter, block), block, rounding: p.rounding, preShift: p.pre_shift)
            case .batchMatmul(let p):
                let factor = tensors[operations[index].inputs[0]]
                let depth = p.transpose_a == 0 ? factor.channels : factor.width
                try check(
                    index, deviations(index).reduce(depth, *), rightShift: p.shift, "a sum of \(depth) products")
            case .averagePool(let p, _):
                try check(index, 255 * Int(p.kernel_height) * Int(p.kernel_width), shift: Int(p.pre_shift), "a sum")
            case .add(let p):
                let products = 128 * Int(p.multiplier_a.magnitude + p.multiplier_b.magnitude)
                try check(index, Int(p.constant.magnitude) + products, "the sum")
            case .concat(_, let rescales):
                for (input, rescale) in rescales.enumerated() {
                    let product = 128 * Int(rescale.multiplier)
                    try check(index, Int(rescale.constant.magnitude) + product, "the rescaling of input \(input)")
                }
            case .mul(let p): try check(index, deviations(index).reduce(1, *), rightShift: p.shift, "a product")
            case .prelu(let p):
                try check(index, deviations(index)[0], rightShift: p.shift_positive, "an input")
                try check(index, deviations(index).reduce(1, *), rightShift: p.shift_negative, "a product")
            case .l2Normalize:
                let square = deviations(index)[0] * deviations(index)[0]
                try check(index, square * tensors[inputCount + index].channels, "the sum of squares")
            case .tfliteSoftmax: try check(index, tensors[inputCount + index].channels << 19, "the sum of exponentials")
            case .reduce(let p):
                let elements = tensors[operations[index].inputs[0]].count / tensors[inputCount + index].count
                if p.kind == 0 { try check(index, deviations(index)[0] * elements, rightShift: p.shift, "a sum") }
            case .maxPool, .pad, .table, .softmax, .reshape, .slice, .transpose: break
            case .resizeNearest, .resizeBilinear, .gather, .argMax: break
            case .lstm(_, let gates), .gru(_, let gates):
                let inputs = tensors[operations[index].inputs[0]].channels
                let units = tensors[inputCount + index].channels
                for (sum, value) in gates.bounds(inputs: inputs, units: units).enumerated() {
                    try check(index, value.bound, shift: value.left, "the accumulator of sum \(sum)")
                }
            case .svdf(let p, let filters):
                let inputs = tensors[operations[index].inputs[0]].channels
                for (filter, bound) in filters.bounds(inputs: inputs).enumerated() {
                    try check(
                        index, bound, shift: max(0, 31 - Int(p.state_shift)), "the accumulator of filter \(filter)")
                }
            case .constant, .tfliteAdd, .minimum, .maximum: break
            case .int16(let operation): try check(index, operation)
            case .packed: break  // The runtime's verifier reads their weights.
            }
        }
    }

    /// `sum |w|` and the least weight of each output channel of a filter `[out, ...]`.
    private func rowsOf(_ filter: [Int8], _ block: Requantization) -> [(sum: Int, least: Int8)] {
        let length = filter.count / block.bias.count
        return block.bias.indices.map { channel in
            let row = filter[channel * length..<(channel + 1) * length]
            return (row.reduce(0) { $0 + Int($1.magnitude) }, row.min() ?? 0)
        }
    }

    /// The same of a filter `[..., out]`.
    private func columnsOf(_ filter: [Int8], _ block: Requantization) -> [(sum: Int, least: Int8)] {
        var columns = block.bias.map { _ in (sum: 0, least: Int8.max) }
        for (index, weight) in filter.enumerated() {
            let channel = index % columns.count
            columns[channel].sum += Int(weight.magnitude)
            columns[channel].least = min(columns[channel].least, weight)
        }
        return columns
    }

    private func check(
        _ index: Int, _ channels: [(sum: Int, least: Int8)], _ block: Requantization, rounding: Int32, preShift: Int32
    ) throws {
        for (channel, (sum, least)) in channels.enumerated() {
            if least == -128 {
                throw FormatError.program(
                    "\(describe(index)), output channel \(channel): the filter holds -128, and the format allows "
                        + "-127 to 127: quantize weights symmetrically")
            }
            let shift = rounding == 0 ? Int(preShift) : max(0, 31 - Int(block.shift[channel]))
            let bound = Int(block.bias[channel].magnitude) + 128 * sum
            try check(index, bound, shift: shift, "the accumulator of output channel \(channel)")
        }
    }

    /// Sums of int8 weights and int16 values of at most 2^15 stay below 2^31, or where they are wide below 2^47.
    private func check(_ index: Int, _ operation: Int16Operation) throws {
        switch operation {
        case .conv2D(let p, let filter, let block):
            try check(index, rowsOf(filter, block), block, isWide: p.wide == 1, preShift: p.pre_shift)
        case .dense(let p, let filter, let block):
            try check(index, rowsOf(filter, block), block, isWide: p.wide == 1, preShift: p.pre_shift)
        case .depthwiseConv2D(let p, let filter, let block):
            try check(index, columnsOf(filter, block), block, isWide: p.wide == 1, preShift: p.pre_shift)
        case .averagePool(let p, _):
            try check(index, 32768 * Int(p.kernel_height) * Int(p.kernel_width), shift: Int(p.pre_shift), "a sum")
        case .maxPool, .add, .softmax, .requantize: break
        }
    }

    private func check(
        _ index: Int, _ channels: [(sum: Int, least: Int8)], _ block: Requantization, isWide: Bool, preShift: Int32
    ) throws {
        for (channel, (sum, least)) in channels.enumerated() {
            let place = "\(describe(index)), output channel \(channel)"
            if least == -128 {
                throw FormatError.program(
                    "\(place): the filter holds -128, and the format allows -127 to 127: quantize weights symmetrically"
                )
            }
            let bound = Int(block.bias[channel].magnitude) + 32768 * sum
            let most = (isWide ? 1 << 47 : 1 << 31) - 1
            if bound > most >> Int(preShift) {
                throw FormatError.program(
                    "\(place): the accumulator may reach \(bound) * 2^\(preShift), and \(most) is the largest that "
                        + "cannot overflow: " + (isWide ? "choose a smaller pre-shift" : "make it wide"))
            }
        }
    }

    /// The largest |q - zero point| of each input.
    private func deviations(_ index: Int) -> [Int] {
        operations[index].inputs.map { input in
            let zeroPoint = Int(tensors[input].quantization.zeroPoint)
            return max(127 - zeroPoint, zeroPoint + 128)
        }
    }

    /// Scaling by a multiplier and a shift below 31 goes through a shift to the left.
    private func check(_ index: Int, _ bound: Int, rightShift: Int32, _ what: String) throws {
        try check(index, bound, shift: max(0, 31 - Int(rightShift)), what)
    }

    private func check(_ index: Int, _ bound: Int, shift: Int = 0, _ what: String) throws {
        if bound <= Int(Int32.max) >> shift { return }
        let scaled = shift == 0 ? "\(bound)" : "\(bound) * 2^\(shift)"
        throw FormatError.program(
            "\(describe(index)): \(what) may reach \(scaled), and 2147483647 is the largest that cannot overflow: "
                + "choose a larger input scale or a smaller pre-shift")
    }
}
