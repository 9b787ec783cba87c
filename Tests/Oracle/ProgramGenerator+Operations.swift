// SPDX-License-Identifier: Apache-2.0
// A random op of a given kind on the tensors that are there.

import CNNQ
import NNQFormat

extension ProgramGenerator {
    /// Appends an op with random parameters. Returns false where the tensors or the dice did not allow it.
    mutating func append(_ opcode: nnq_opcode) -> Bool { append(opcode, on: oneOf(readable)) }

    /// The same with `input` as the first input.
    mutating func append(_ opcode: nnq_opcode, on input: Int) -> Bool {
        switch opcode {
        case .NNQ_OP_CONV2D: return appendConv(input)
        case .NNQ_OP_DEPTHWISE_CONV2D: return appendDepthwise(input)
        case .NNQ_OP_DENSE: return appendDense(input)
        case .NNQ_OP_MAX_POOL: return appendMaxPool(input)
        case .NNQ_OP_AVERAGE_POOL: return appendAveragePool(input)
        case .NNQ_OP_ADD: return appendAdd(input)
        case .NNQ_OP_CONCAT: return appendConcat(input)
        case .NNQ_OP_PAD: return appendPad(input)
        case .NNQ_OP_TABLE:
            let values = (0..<256).map { _ in int8() }
            return push(.table(values), [input], shape(of: input), zeroPoint: int8())
        case .NNQ_OP_SOFTMAX: return appendSoftmax(input)
        case .NNQ_OP_RESHAPE: return appendReshape(input)
        case .NNQ_OP_SLICE: return appendSlice(input)
        case .NNQ_OP_TRANSPOSE: return appendTranspose(input)
        case .NNQ_OP_RESIZE_NEAREST: return appendResizeNearest(input)
        case .NNQ_OP_RESIZE_BILINEAR: return appendResizeBilinear(input)
        case .NNQ_OP_GATHER: return appendGather(input)
        case .NNQ_OP_ARG_MAX: return appendArgMax(input)
        case .NNQ_OP_TRANSPOSE_CONV2D: return appendTransposeConv(input)
        case .NNQ_OP_BATCH_MATMUL: return appendBatchMatmul(input)
        case .NNQ_OP_CONSTANT: return appendConstant()
        case .NNQ_OP_TFLITE_ADD: return appendTFLiteAdd(input)
        case .NNQ_OP_MUL: return appendMul(input)
        case .NNQ_OP_MINIMUM: return appendChoice(.minimum, input)
        case .NNQ_OP_MAXIMUM: return appendChoice(.maximum, input)
        case .NNQ_OP_PRELU: return appendPrelu(input)
        case .NNQ_OP_TFLITE_SOFTMAX: return appendTFLiteSoftmax(input)
        case .NNQ_OP_L2_NORMALIZE: return appendL2Normalize(input)
        case .NNQ_OP_REDUCE: return appendReduce(input)
        case .NNQ_OP_LSTM, .NNQ_OP_GRU, .NNQ_OP_SVDF: return appendRecurrent(opcode, input)
        case .NNQ_OP_CONV2D_INT16, .NNQ_OP_DEPTHWISE_CONV2D_INT16, .NNQ_OP_DENSE_INT16, .NNQ_OP_MAX_POOL_INT16,
            .NNQ_OP_AVERAGE_POOL_INT16, .NNQ_OP_ADD_INT16, .NNQ_OP_SOFTMAX_INT16, .NNQ_OP_REQUANTIZE:
            return appendWide(opcode, input)
        }
    }

    func shape(of tensor: Int) -> [Int] { [tensors[tensor].height, tensors[tensor].width, tensors[tensor].channels] }

    mutating func push(
        _ operation: Operation, _ inputs: [Int], _ shape: [Int], zeroPoint: Int8, limit: Int = 20_000
    ) -> Bool {
        guard shape.reduce(1, *) <= limit, inputs.allSatisfy({ operation.reads(tensors[$0].type) }) else {
            return false
        }
        tensors.append(tensor(shape, zeroPoint: zeroPoint))
        operations.append(ProgramOperation(operation, inputs: inputs))
        return true
    }

    private mutating func appendConcat(_ first: Int) -> Bool {
        let axis = below(3)
        let others = [0, 1, 2].filter { $0 != axis }
        let base = shape(of: first)
        let partners = readable.filter { index in others.allSatisfy { shape(of: index)[$0] == base[$0] } }
        let inputs = [first] + (0..<below(8)).map { _ in oneOf(partners) }
        var joined = base
        joined[axis] = inputs.reduce(0) { $0 + shape(of: $1)[axis] }
        let rescales = inputs.map { _ in rescale() }
        return push(.concat(axis: axis, rescales), inputs, joined, zeroPoint: int8())
    }

    private mutating func rescale() -> Rescale {
        if below(4) == 0 { return .identity }
        let multiplier = oneOf([0, 1, 32767, below(32768), below(32768)])
        let shift = below(3) == 0 ? 1 + below(30) : 11 + below(5)
        let limit = Int(Int32.max) - 128 * multiplier
        let usual = (below(200) - 100) << shift + 1 << (shift - 1)
        let constant = below(6) == 0 ? (below(2) == 0 ? limit : -limit) : min(max(usual, -limit), limit)
        return Rescale(constant: Int32(constant), multiplier: UInt16(multiplier), shift: UInt8(shift))
    }

    private mutating func appendPad(_ input: Int) -> Bool {
        let pads = (0..<6).map { $0 > 3 && below(2) == 0 ? 0 : below(3) == 0 ? below(20) : below(3) }
        let shape = shape(of: input)
        let zeroPoint = tensors[input].quantization.zeroPoint
        let p = nnq_pad_params(
            opcode: 0, pad_top: Int32(pads[0]), pad_bottom: Int32(pads[1]), pad_left: Int32(pads[2]),
            pad_right: Int32(pads[3]), pad_front: Int32(pads[4]), pad_back: Int32(pads[5]),
            value: Int32(below(2) == 0 ? zeroPoint : int8()))
        let padded = [shape[0] + pads[0] + pads[1], shape[1] + pads[2] + pads[3], shape[2] + pads[4] + pads[5]]
        return push(.pad(p), [input], padded, zeroPoint: zeroPoint)
    }

    private mutating func appendSoftmax(_ input: Int) -> Bool {
        // Small ones have small sums, whose halves and ties decide the rounding.
        let limit = below(2) == 0 ? 65536 : 6
        var exponentials = (0..<1 + below(256)).map { _ in UInt16(below(limit)) }
        if below(3) == 0 {
            // A geometric row has the shape of a true one.
            var value = 65535
            exponentials = (0..<256).map { _ in
                defer { value = value * (200 + below(56)) / 256 }
                return UInt16(value)
            }.filter { $0 > 0 }
        }
        exponentials[0] = max(exponentials[0], 1)
        guard push(.softmax(exponentials), [input], shape(of: input), zeroPoint: -128) else { return false }
        tensors[tensors.count - 1].quantization.scale = 0x1p-8
        return true
    }

    private mutating func appendReshape(_ input: Int) -> Bool {
        let count = tensors[input].count
        let height = oneOf((1...count).filter { count % $0 == 0 })
        let rest = count / height
        let width = oneOf((1...rest).filter { rest % $0 == 0 })
        let type = tensors[input].type
        guard
            push(.reshape, [input], [height, width, rest / width], zeroPoint: tensors[input].quantization.zeroPoint)
        else { return false }
        tensors[tensors.count - 1].type = type
        return true
    }
}

extension Operation {
    /// Whether the op works on elements of this type.
    fileprivate func reads(_ type: ElementType) -> Bool {
        if case .gather = self { return type != .int16 }
        if case .reshape = self { return true }
        if case .int16 = self { return type != .int32 }
        if updatesInputs { return type != .int32 }
        return type == .int8
    }
}
