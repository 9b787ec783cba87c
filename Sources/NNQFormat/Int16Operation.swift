// SPDX-License-Identifier: Apache-2.0
// Ops on int16 activations with int8 weights, and the op between the two widths (SPEC.md, section 5.2).

import CNNQ

/// An op whose inputs and output are int16 tensors of zero point 0; `requantize` takes and makes int8 ones too. The
/// parameters are those of ops.def, with fields that the writer fills in as for `Operation`.
public enum Int16Operation: Sendable {
    /// Filter `[out_c, kernel_h, kernel_w, in_c / groups]`.
    case conv2D(nnq_conv2d_int16_params, filter: [Int8], Requantization)
    /// Filter `[kernel_h, kernel_w, c]`.
    case depthwiseConv2D(nnq_depthwise_conv2d_int16_params, filter: [Int8], Requantization)
    /// Filter `[out, in]`.
    case dense(nnq_dense_int16_params, filter: [Int8], Requantization)
    case maxPool(nnq_max_pool_int16_params)
    /// One multiplier, or one for each number of elements under the window.
    case averagePool(nnq_average_pool_int16_params, multipliers: [Int32])
    /// Both inputs have the output's shape.
    case add(nnq_add_int16_params)
    /// `round(65535 * exp(-256 * d * scale))`, 1 to 256 values, and 256 values of `round(65535 * exp(-d * scale))`.
    case softmax(coarse: [UInt16], fine: [UInt16])
    case requantize(nnq_requantize_params)

    var opcode: nnq_opcode {
        switch self {
        case .conv2D: .NNQ_OP_CONV2D_INT16
        case .depthwiseConv2D: .NNQ_OP_DEPTHWISE_CONV2D_INT16
        case .dense: .NNQ_OP_DENSE_INT16
        case .maxPool: .NNQ_OP_MAX_POOL_INT16
        case .averagePool: .NNQ_OP_AVERAGE_POOL_INT16
        case .add: .NNQ_OP_ADD_INT16
        case .softmax: .NNQ_OP_SOFTMAX_INT16
        case .requantize: .NNQ_OP_REQUANTIZE
        }
    }

    /// A filter and what becomes of its sums.
    package var linear: (filter: [Int8], requantization: Requantization)? {
        switch self {
        case .conv2D(_, let filter, let block), .depthwiseConv2D(_, let filter, let block),
            .dense(_, let filter, let block):
            (filter, block)
        default: nil
        }
    }

    /// The least output; nil where the op has no such limit.
    package var leastOutput: Int32? {
        switch self {
        case .conv2D(let p, _, _): p.act_min
        case .depthwiseConv2D(let p, _, _): p.act_min
        case .dense(let p, _, _): p.act_min
        case .maxPool(let p): p.act_min
        case .averagePool(let p, _): p.act_min
        case .add(let p): p.act_min
        case .requantize(let p): p.act_min
        case .softmax: nil
        }
    }

    var inputCount: Int { if case .add = self { 2 } else { 1 } }

    var mayRunInPlace: Bool {
        switch self {
        case .add, .softmax, .requantize: true
        case .conv2D, .depthwiseConv2D, .dense, .maxPool, .averagePool: false
        }
    }

    /// Bytes of constants that the op reads.
    var constantBytes: Int {
        switch self {
        case .conv2D(_, let filter, let block), .depthwiseConv2D(_, let filter, let block),
            .dense(_, let filter, let block):
            (filter.count + 3) / 4 * 4 + block.byteCount
        case .averagePool(_, let multipliers): 4 * multipliers.count
        case .softmax(let coarse, let fine): 2 * (coarse.count + fine.count)
        case .maxPool, .add, .requantize: 0
        }
    }

    /// Multiply-accumulates for one inference.
    func macs(output: ProgramTensor) -> Int {
        switch self {
        case .dense(_, let filter, _): filter.count
        case .conv2D(_, let filter, _), .depthwiseConv2D(_, let filter, _):
            filter.count * output.height * output.width
        case .maxPool, .averagePool, .add, .softmax, .requantize: 0
        }
    }

    /// The constants as they lie in the data section.
    var constants: [[UInt8]] {
        switch self {
        case .conv2D(_, let filter, let block), .depthwiseConv2D(_, let filter, let block),
            .dense(_, let filter, let block):
            [filterBytes(filter, block)]
        case .averagePool(_, let multipliers): [littleEndian(multipliers)]
        case .softmax(let coarse, let fine): [littleEndian(coarse + fine)]
        case .maxPool, .add, .requantize: []
        }
    }

    /// Sets the op's parameters, constants at `offset`.
    func set(_ parameters: inout nnq_params, constantsAt offset: Int32) {
        switch self {
        case .conv2D(var p, _, let block):
            (p.shift, p.filter) = (block.baseShift, offset)
            parameters.conv2d_int16 = p
        case .depthwiseConv2D(var p, _, let block):
            (p.shift, p.filter) = (block.baseShift, offset)
            parameters.depthwise_conv2d_int16 = p
        case .dense(var p, _, let block):
            (p.shift, p.filter) = (block.baseShift, offset)
            parameters.dense_int16 = p
        case .maxPool(let p): parameters.max_pool_int16 = p
        case .averagePool(var p, _):
            p.multipliers = offset
            parameters.average_pool_int16 = p
        case .add(let p): parameters.add_int16 = p
        case .softmax(let coarse, _):
            parameters.softmax_int16 = .init(opcode: 0, count: Int32(coarse.count), exponentials: offset)
        case .requantize(let p): parameters.requantize = p
        }
    }

    /// What the op's constants are, how many there are, and how many its shapes need.
    func lengths(input: ProgramTensor, output: ProgramTensor) -> [(String, Int, Int)] {
        switch self {
        case .conv2D(let p, let filter, let block):
            let perGroup = p.groups > 0 ? input.channels / Int(p.groups) : 0
            let length = output.channels * Int(p.kernel_height) * Int(p.kernel_width) * perGroup
            return [("filter", filter.count, length)] + block.lengths(channels: output.channels)
        case .depthwiseConv2D(let p, let filter, let block):
            let length = output.channels * Int(p.kernel_height) * Int(p.kernel_width)
            return [("filter", filter.count, length)] + block.lengths(channels: output.channels)
        case .dense(_, let filter, let block):
            return [("filter", filter.count, output.count * input.count)] + block.lengths(channels: output.channels)
        case .averagePool(let p, let multipliers):
            return [("multipliers", multipliers.count, p.multiplierCount)]
        case .softmax(_, let fine): return [("fine exponentials", fine.count, 256)]
        case .maxPool, .add, .requantize: return []
        }
    }
}

extension Int16Operation {
    /// The op with this code and these parameters, whose DATA fields point into `bytes`; nil for other codes.
    init?(
        _ opcode: nnq_opcode, _ parameters: nnq_params, input: ProgramTensor, output: ProgramTensor,
        constantsIn bytes: [UInt8]
    ) {
        switch opcode {
        case .NNQ_OP_CONV2D_INT16:
            let p = parameters.conv2d_int16
            let taps = Int(p.kernel_height) * Int(p.kernel_width) * (input.channels / Int(p.groups))
            let data = FilterBlock(
                bytes, at: p.filter, count: output.channels * taps, output.channels, shift: p.shift)
            self = .conv2D(p, filter: data.filter, data.requantization)
        case .NNQ_OP_DEPTHWISE_CONV2D_INT16:
            let p = parameters.depthwise_conv2d_int16
            let length = output.channels * Int(p.kernel_height) * Int(p.kernel_width)
            let data = FilterBlock(bytes, at: p.filter, count: length, output.channels, shift: p.shift)
            self = .depthwiseConv2D(p, filter: data.filter, data.requantization)
        case .NNQ_OP_DENSE_INT16:
            let p = parameters.dense_int16
            let length = output.channels * input.count
            let data = FilterBlock(bytes, at: p.filter, count: length, output.channels, shift: p.shift)
            self = .dense(p, filter: data.filter, data.requantization)
        case .NNQ_OP_MAX_POOL_INT16: self = .maxPool(parameters.max_pool_int16)
        case .NNQ_OP_AVERAGE_POOL_INT16:
            let p = parameters.average_pool_int16
            self = .averagePool(p, multipliers: bytes.numbers(at: Int(p.multipliers), count: p.multiplierCount))
        case .NNQ_OP_ADD_INT16: self = .add(parameters.add_int16)
        case .NNQ_OP_SOFTMAX_INT16:
            let p = parameters.softmax_int16
            let start = Int(p.exponentials)
            self = .softmax(
                coarse: bytes.numbers(at: start, count: Int(p.count)),
                fine: bytes.numbers(at: start + 2 * Int(p.count), count: 256))
        case .NNQ_OP_REQUANTIZE: self = .requantize(parameters.requantize)
        default: return nil
        }
    }
}

extension nnq_average_pool_int16_params {
    /// How many multipliers the op points to.
    var multiplierCount: Int {
        let isPadded = pad_top != 0 || pad_bottom != 0 || pad_left != 0 || pad_right != 0
        return isPadded ? Int(kernel_height) * Int(kernel_width) : 1
    }
}
