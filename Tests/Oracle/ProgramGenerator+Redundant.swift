// SPDX-License-Identifier: Apache-2.0
// Random programs with something to leave out: filters of zeros, clamping tables, reshapes and pads that do nothing.

import CNNQ
import NNQFormat

extension ProgramGenerator {
    private enum Redundancy: CaseIterable {
        case ordinary, linear, clamp, identity, sameShape, reshape, flatten, pad, singleConcat, scalar
    }

    /// Up to `limit` ops, most of them on one of the last tensors, with redundancies of every kind; what nothing reads
    /// is an output, or now and then not.
    public mutating func redundantGraph(limit: Int) -> Program {
        var program = graph(limit: 1)
        (tensors, operations, inputCount) = (program.tensors, program.operations, program.inputCount)
        for _ in 0..<2 * limit where operations.count < limit {
            appendRedundancy(oneOf(Redundancy.allCases), on: max(0, tensors.count - 1 - below(5) / 2))
        }
        let read = Set(operations.flatMap(\.inputs))
        let unread = tensors.indices.filter { $0 >= inputCount && !read.contains($0) }
        let outputs = unread.filter { _ in below(8) > 0 }
        program = Program(
            tensors: tensors, inputCount: inputCount, operations: operations,
            outputs: outputs.isEmpty ? [tensors.count - 1] : outputs)
        plantZeros(in: &program)
        return program
    }

    /// Clears random output channels and input channels of filters, as pruning and dead ReLUs do.
    public mutating func plantZeros(in program: inout Program) {
        for index in program.operations.indices where below(4) > 0 {
            let shape = program.operations[index].inputs.first.map { program.tensors[$0] }
            let channels = program.tensors[program.inputCount + index].channels
            switch program.operations[index].operation {
            case .conv2D(let p, var filter, let block):
                clear(&filter, rows: channels, depth: shape!.channels / Int(p.groups))
                program.operations[index].operation = .conv2D(p, filter: filter, block)
            case .dense(let p, var filter, let block):
                clear(&filter, rows: channels, depth: shape!.channels)
                program.operations[index].operation = .dense(p, filter: filter, block)
            case .depthwiseConv2D(let p, var filter, let block):
                clear(&filter, rows: 1, depth: channels)
                program.operations[index].operation = .depthwiseConv2D(p, filter: filter, block)
            default: break
            }
        }
    }

    /// Clears some rows and some columns of a matrix `[rows, ..., depth]`.
    private mutating func clear(_ filter: inout [Int8], rows: Int, depth: Int) {
        let share = 1 + below(4)
        let isRowClear = (0..<rows).map { _ in rows > 1 && below(4) < share }
        let isColumnClear = (0..<depth).map { _ in (rows == 1 || below(3) == 0) && below(4) < share }
        for place in filter.indices where isRowClear[place * rows / filter.count] || isColumnClear[place % depth] {
            filter[place] = 0
        }
    }

    private mutating func appendRedundancy(_ kind: Redundancy, on input: Int) {
        let zeroPoint = tensors[input].quantization.zeroPoint
        let shape = shape(of: input)
        switch kind {
        case .ordinary: _ = append(oneOf(Self.opcodes), on: input)
        case .linear:
            _ = append(oneOf([.NNQ_OP_CONV2D, .NNQ_OP_DEPTHWISE_CONV2D, .NNQ_OP_DENSE]), on: input)
        case .clamp:
            let ends = [Int(int8()), Int(int8())].sorted()
            let values = (-128...127).map { Int8(min(max($0, ends[0]), ends[1])) }
            _ = push(.table(values), [input], shape, zeroPoint: below(4) == 0 ? int8() : zeroPoint)
        case .identity: _ = push(.table((-128...127).map { Int8($0) }), [input], shape, zeroPoint: zeroPoint)
        case .sameShape: _ = push(.reshape, [input], shape, zeroPoint: zeroPoint)
        case .reshape: _ = append(.NNQ_OP_RESHAPE, on: input)
        case .flatten:
            guard push(.reshape, [input], [1, 1, tensors[input].count], zeroPoint: zeroPoint) else { return }
            _ = append(.NNQ_OP_DENSE, on: tensors.count - 1)
        case .pad:
            let pads = (0..<4).map { _ in below(4) }
            let p = nnq_pad_params(
                opcode: 0, pad_top: Int32(pads[0]), pad_bottom: Int32(pads[1]), pad_left: Int32(pads[2]),
                pad_right: Int32(pads[3]), pad_front: 0, pad_back: 0,
                value: Int32(below(4) == 0 ? int8() : zeroPoint))
            let grown = [shape[0] + pads[0] + pads[1], shape[1] + pads[2] + pads[3], shape[2]]
            guard push(.pad(p), [input], grown, zeroPoint: zeroPoint) else { return }
            let readers: [nnq_opcode] = [
                .NNQ_OP_CONV2D, .NNQ_OP_DEPTHWISE_CONV2D, .NNQ_OP_MAX_POOL, .NNQ_OP_AVERAGE_POOL, .NNQ_OP_PAD,
            ]
            _ = append(oneOf(readers), on: tensors.count - 1)
        case .scalar:
            guard push(.constant([int8()]), [], [1, 1, 1], zeroPoint: zeroPoint) else { return }
            let pairs: [nnq_opcode] = [.NNQ_OP_ADD, .NNQ_OP_TFLITE_ADD, .NNQ_OP_MUL, .NNQ_OP_MAXIMUM, .NNQ_OP_PRELU]
            // The partner is any tensor that fits, another constant too.
            _ = append(oneOf(pairs), on: tensors.count - 1)
        case .singleConcat:
            _ = push(.concat(axis: below(3), [.identity]), [input], shape, zeroPoint: zeroPoint)
        }
    }
}
