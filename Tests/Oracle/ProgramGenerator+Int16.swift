// SPDX-License-Identifier: Apache-2.0
// Random ops on int16 activations.

import CNNQ
import Foundation
import NNQFormat

extension ProgramGenerator {
    static let wide: [nnq_opcode] = [
        .NNQ_OP_CONV2D_INT16, .NNQ_OP_DEPTHWISE_CONV2D_INT16, .NNQ_OP_DENSE_INT16, .NNQ_OP_MAX_POOL_INT16,
        .NNQ_OP_AVERAGE_POOL_INT16, .NNQ_OP_ADD_INT16, .NNQ_OP_SOFTMAX_INT16,
    ]

    /// Makes an int8 op on int16 of a random one with the same shapes.
    mutating func appendWide(_ opcode: nnq_opcode, _ input: Int) -> Bool {
        if opcode == .NNQ_OP_REQUANTIZE { return appendRequantize(input) }
        guard tensors[input].type == .int16 else { return false }
        switch opcode {
        case .NNQ_OP_CONV2D_INT16: return widen(input) { $0.appendConv(input) }
        case .NNQ_OP_DEPTHWISE_CONV2D_INT16: return widen(input) { $0.appendDepthwise(input) }
        case .NNQ_OP_DENSE_INT16: return widen(input) { $0.appendDense(input) }
        case .NNQ_OP_MAX_POOL_INT16: return widen(input) { $0.appendMaxPool(input) }
        case .NNQ_OP_AVERAGE_POOL_INT16: return widen(input) { $0.appendAveragePool(input) }
        case .NNQ_OP_ADD_INT16:
            let own = shape(of: input)
            let other = oneOf(
                readable.filter { shape(of: $0) == own && tensors[$0].type == .int16 })
            let (low, high) = wideActivation()
            let p = nnq_add_int16_params(
                opcode: 0, multiplier_a: signed(), multiplier_b: signed(),
                shift: Int32(below(4) == 0 ? 33 + below(30) : 44 + below(4)), act_min: low, act_max: high)
            return pushWide(.add(p), [input, other], own)
        case .NNQ_OP_SOFTMAX_INT16:
            let scale = below(4) == 0 ? 0 : Double(1 + below(200)) / 20_000
            func table(_ step: Double) -> [UInt16] {
                (0...255).map { UInt16((65535 * exp(-Double($0) * step * scale)).rounded()) }
            }
            let coarse = Array(table(256).prefix { $0 > 0 })
            guard pushWide(.softmax(coarse: coarse, fine: table(1)), [input], shape(of: input)) else { return false }
            tensors[tensors.count - 1].quantization.scale = 0x1p-15
            return true
        default: return false
        }
    }

    /// Lets `make` append an int8 op as if the input were int8, and turns it into that on int16.
    private mutating func widen(_ input: Int, _ make: (inout Self) -> Bool) -> Bool {
        tensors[input].type = .int8
        let isMade = make(&self)
        tensors[input].type = .int16
        guard isMade else { return false }
        let last = operations.count - 1
        guard let wide = wide(operations[last].operation) else {
            operations.removeLast()
            tensors.removeLast()
            return false
        }
        operations[last].operation = .int16(wide)
        tensors[tensors.count - 1].type = .int16
        tensors[tensors.count - 1].quantization.zeroPoint = 0
        return true
    }

    private mutating func wide(_ operation: NNQFormat.Operation) -> Int16Operation? {
        let (low, high) = wideActivation()
        switch operation {
        case .conv2D(let p, let filter, let block):
            let (wide, preShift, new) = requantization(filter.count / block.bias.count, block)
            return .conv2D(
                nnq_conv2d_int16_params(
                    opcode: 0, kernel_height: p.kernel_height, kernel_width: p.kernel_width,
                    stride_height: p.stride_height, stride_width: p.stride_width,
                    dilation_height: p.dilation_height, dilation_width: p.dilation_width, pad_top: p.pad_top,
                    pad_bottom: p.pad_bottom, pad_left: p.pad_left, pad_right: p.pad_right, groups: p.groups,
                    act_min: low, act_max: high, wide: wide, pre_shift: preShift, shift: 0, filter: 0),
                filter: filter, new)
        case .depthwiseConv2D(let p, let filter, let block):
            let (wide, preShift, new) = requantization(filter.count / block.bias.count, block)
            return .depthwiseConv2D(
                nnq_depthwise_conv2d_int16_params(
                    opcode: 0, kernel_height: p.kernel_height, kernel_width: p.kernel_width,
                    stride_height: p.stride_height, stride_width: p.stride_width,
                    dilation_height: p.dilation_height, dilation_width: p.dilation_width, pad_top: p.pad_top,
                    pad_bottom: p.pad_bottom, pad_left: p.pad_left, pad_right: p.pad_right, act_min: low,
                    act_max: high, wide: wide, pre_shift: preShift, shift: 0, filter: 0),
                filter: filter, new)
        case .dense(_, let filter, let block):
            let (wide, preShift, new) = requantization(filter.count / block.bias.count, block)
            return .dense(
                nnq_dense_int16_params(
                    opcode: 0, act_min: low, act_max: high, wide: wide, pre_shift: preShift, shift: 0, filter: 0),
                filter: filter, new)
        case .maxPool(let p):
            return .maxPool(
                nnq_max_pool_int16_params(
                    opcode: 0, kernel_height: p.kernel_height, kernel_width: p.kernel_width,
                    stride_height: p.stride_height, stride_width: p.stride_width, pad_top: p.pad_top,
                    pad_bottom: p.pad_bottom, pad_left: p.pad_left, pad_right: p.pad_right, act_min: low,
                    act_max: high))
        case .averagePool(let p, let multipliers):
            let area = Int(p.kernel_height * p.kernel_width)
            let isPadded = p.pad_top + p.pad_bottom + p.pad_left + p.pad_right > 0
            let room = Int(log2(Double(Int32.max) / Double(32768 * area)))
            let preShift = below(room + 1)
            return .averagePool(
                nnq_average_pool_int16_params(
                    opcode: 0, kernel_height: p.kernel_height, kernel_width: p.kernel_width,
                    stride_height: p.stride_height, stride_width: p.stride_width, pad_top: p.pad_top,
                    pad_bottom: p.pad_bottom, pad_left: p.pad_left, pad_right: p.pad_right, act_min: low,
                    act_max: high, pre_shift: Int32(preShift), shift: Int32(33 + below(preShift + 3)),
                    multipliers: 0),
                multipliers: isPadded == (multipliers.count == area || area == 1)
                    ? multipliers : (0..<(isPadded ? area : 1)).map { _ in multiplier() })
        default: return nil
        }
    }

    /// Whether accumulators are wide, a pre-shift, and a block that a certificate allows: `taps` weights a channel.
    private mutating func requantization(_ taps: Int, _ block: Requantization) -> (Int32, Int32, Requantization) {
        let bound = 32768.0 * 127 * Double(taps) * 2
        let isWide = bound >= 0x1p31 || below(2) == 0
        let room = Int(log2((isWide ? 0x1p47 - 1 : 0x1p31 - 1) / bound))
        let preShift = below(min(room, 31) + 1)
        let typical = 31 + Int(log2(64 * Double(taps).squareRoot())) + preShift
        let most = Int(min(bound / 2, 0x1p31 - 1))
        let channels = block.bias.count
        return (
            isWide ? 1 : 0, Int32(preShift),
            Requantization(
                bias: (0..<channels).map { _ in Int32((below(2 * most + 1) - most) / (below(3) == 0 ? 1 : 64)) },
                multiplier: (0..<channels).map { _ in multiplier() },
                shift: (0..<channels).map { _ in UInt8(min(max(typical + below(5) - 3, 33), 62)) })
        )
    }

    private mutating func appendRequantize(_ input: Int) -> Bool {
        guard tensors[input].type != .int32 else { return false }
        let widens = below(2) == 0
        let change = (widens ? 16 : 8) - (tensors[input].type == .int16 ? 16 : 8)
        let (low, high) = widens ? wideActivation() : activation()
        let p = nnq_requantize_params(
            opcode: 0, multiplier: multiplier(), shift: Int32(44 - change + below(5)), act_min: low, act_max: high)
        let shape = shape(of: input)
        if widens { return pushWide(.requantize(p), [input], shape) }
        return push(.int16(.requantize(p)), [input], shape, zeroPoint: int8())
    }

    private mutating func pushWide(_ operation: Int16Operation, _ inputs: [Int], _ shape: [Int]) -> Bool {
        guard push(.int16(operation), inputs, shape, zeroPoint: 0) else { return false }
        tensors[tensors.count - 1].type = .int16
        return true
    }

    /// Usually all of int16.
    private mutating func wideActivation() -> (Int32, Int32) {
        if below(3) > 0 { return (-32768, 32767) }
        let ends = [Int32(below(65536) - 32768), Int32(below(65536) - 32768)]
        return (ends.min()!, ends.max()!)
    }

    private mutating func signed() -> Int32 { below(2) == 0 ? multiplier() : -multiplier() }
}
