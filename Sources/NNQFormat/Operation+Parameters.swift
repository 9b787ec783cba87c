// SPDX-License-Identifier: Apache-2.0
// An op as the file has it: an op code, parameters, and constants in the order of the DATA fields.

import CNNQ

extension Operation {
    /// The op's code in ops.def; of a packed op, that of the op that it is a form of.
    public var opcode: nnq_opcode {
        switch self {
        case .conv2D: .NNQ_OP_CONV2D
        case .depthwiseConv2D: .NNQ_OP_DEPTHWISE_CONV2D
        case .dense: .NNQ_OP_DENSE
        case .maxPool: .NNQ_OP_MAX_POOL
        case .averagePool: .NNQ_OP_AVERAGE_POOL
        case .add: .NNQ_OP_ADD
        case .concat: .NNQ_OP_CONCAT
        case .pad: .NNQ_OP_PAD
        case .table: .NNQ_OP_TABLE
        case .softmax: .NNQ_OP_SOFTMAX
        case .reshape: .NNQ_OP_RESHAPE
        case .slice: .NNQ_OP_SLICE
        case .transpose: .NNQ_OP_TRANSPOSE
        case .resizeNearest: .NNQ_OP_RESIZE_NEAREST
        case .resizeBilinear: .NNQ_OP_RESIZE_BILINEAR
        case .gather: .NNQ_OP_GATHER
        case .argMax: .NNQ_OP_ARG_MAX
        case .transposeConv2D: .NNQ_OP_TRANSPOSE_CONV2D
        case .batchMatmul: .NNQ_OP_BATCH_MATMUL
        case .lstm: .NNQ_OP_LSTM
        case .gru: .NNQ_OP_GRU
        case .svdf: .NNQ_OP_SVDF
        case .constant: .NNQ_OP_CONSTANT
        case .tfliteAdd: .NNQ_OP_TFLITE_ADD
        case .mul: .NNQ_OP_MUL
        case .minimum: .NNQ_OP_MINIMUM
        case .maximum: .NNQ_OP_MAXIMUM
        case .prelu: .NNQ_OP_PRELU
        case .tfliteSoftmax: .NNQ_OP_TFLITE_SOFTMAX
        case .l2Normalize: .NNQ_OP_L2_NORMALIZE
        case .reduce: .NNQ_OP_REDUCE
        case .int16(let operation): operation.opcode
        case .packed(let operation): operation.form.opcode
        }
    }

    /// The op's code in a file.
    package var wireCode: Int32 {
        if case .packed(let operation) = self { return operation.form.code }
        return Int32(opcode.rawValue)
    }

    /// The op's name in ops.def or kernels.def: `conv2d`, `max_pool`, `dense_armv6m`, ...
    public var name: String { String(cString: nnq_op_name(wireCode)) }

    /// The constants as they lie in the data section.
    package var constants: [[UInt8]] {
        switch self {
        case .conv2D(_, let filter, let block), .depthwiseConv2D(_, let filter, let block),
            .dense(_, let filter, let block), .transposeConv2D(_, let filter, let block):
            [filterBytes(filter, block)]
        case .averagePool(_, let multipliers): [littleEndian(multipliers)]
        case .concat(_, let rescales): [rescales.flatMap(\.bytes)]
        case .table(let values): [values.map { UInt8(bitPattern: $0) }]
        case .softmax(let exponentials): [littleEndian(exponentials)]
        case .resizeNearest(let rows, let columns): [littleEndian(rows + columns)]
        case .resizeBilinear(let rows, let columns):
            [littleEndian((rows + columns).flatMap { [$0.lower, $0.fraction] })]
        case .gather(_, let table): [table.map { UInt8(bitPattern: $0) }]
        case .maxPool, .add, .pad, .reshape, .slice, .transpose, .argMax, .batchMatmul: []
        case .lstm(_, let gates), .gru(_, let gates): [gates.bytes]
        case .svdf(_, let filters): [filters.bytes]
        case .constant(let bytes): [bytes]
        case .int16(let operation): operation.constants
        case .packed(let operation): [operation.constants]
        case .tfliteAdd, .mul, .minimum, .maximum, .prelu, .tfliteSoftmax, .l2Normalize, .reduce: []
        }
    }

    /// The parameters with the op code, and with these file offsets of the constants.
    package func parameters(constantsAt offsets: [Int] = [0]) -> nnq_params {
        var result = nnq_params()
        let data = offsets.map { Int32(clamping: $0) }
        switch self {
        case .conv2D(var p, _, let block):
            (p.shift, p.filter) = (block.baseShift, data[0])
            result.conv2d = p
        case .depthwiseConv2D(var p, _, let block):
            (p.shift, p.filter) = (block.baseShift, data[0])
            result.depthwise_conv2d = p
        case .dense(var p, _, let block):
            (p.shift, p.filter) = (block.baseShift, data[0])
            result.dense = p
        case .maxPool(let p): result.max_pool = p
        case .averagePool(var p, _):
            p.multipliers = data[0]
            result.average_pool = p
        case .add(let p): result.add = p
        case .concat(let axis, _): result.concat = .init(opcode: 0, axis: Int32(clamping: axis), rescales: data[0])
        case .pad(let p): result.pad = p
        case .table: result.table = .init(opcode: 0, values: data[0])
        case .softmax(let exponentials):
            result.softmax = .init(opcode: 0, count: Int32(exponentials.count), exponentials: data[0])
        case .slice(let p): result.slice = p
        case .transpose(let p): result.transpose = p
        case .resizeNearest: result.resize_nearest = .init(opcode: 0, indices: data[0])
        case .resizeBilinear: result.resize_bilinear = .init(opcode: 0, positions: data[0])
        case .transposeConv2D(var p, _, let block):
            (p.shift, p.filter) = (block.baseShift, data[0])
            result.transpose_conv2d = p
        case .gather(var p, _):
            p.values = data[0]
            result.gather = p
        case .argMax(let p): result.arg_max = p
        case .batchMatmul(let p): result.batch_matmul = p
        case .lstm(var p, _):
            p.filter = data[0]
            result.lstm = p
        case .gru(let resetAfter, _): result.gru = .init(opcode: 0, reset_after: resetAfter ? 1 : 0, filter: data[0])
        case .svdf(var p, _):
            p.filter = data[0]
            result.svdf = p
        case .constant: result.constant = .init(opcode: 0, values: data[0])
        case .tfliteAdd(let p): result.tflite_add = p
        case .mul(let p): result.mul = p
        case .prelu(let p): result.prelu = p
        case .tfliteSoftmax(let p): result.tflite_softmax = p
        case .reduce(let p): result.reduce = p
        case .int16(let operation): operation.set(&result, constantsAt: data.first ?? 0)
        case .packed(let operation):
            result.packed = operation.parameters
            result.packed.constants = data[0]
        case .reshape, .minimum, .maximum, .l2Normalize: break
        }
        result.opcode = wireCode
        return result
    }

    /// The wire form of the parameters; nil where one is out of its range in ops.def.
    package func wireParameters(constantsAt offsets: [Int] = [0]) -> [UInt8]? {
        var parameters = parameters(constantsAt: offsets)
        var bytes = [UInt8](repeating: 0, count: MemoryLayout<nnq_params>.size)
        let count = nnq_encode_params(&parameters, &bytes, bytes.count)
        return count < 0 ? nil : Array(bytes.prefix(Int(count)))
    }
}

func littleEndian(_ values: [some FixedWidthInteger]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: values)
    return bytes
}

/// A filter, and its requantization block at the next multiple of 4.
func filterBytes(_ filter: [Int8], _ block: Requantization) -> [UInt8] {
    var bytes = filter.map { UInt8(bitPattern: $0) }
    bytes.pad(toMultipleOf: 4)
    return bytes + block.bytes
}

extension Rescale {
    fileprivate var bytes: [UInt8] { littleEndian([constant]) + littleEndian([multiplier]) + [shift, 0] }
}

extension Operation: Hashable {
    /// Equal ops, parameters and constants.
    public static func == (a: Operation, b: Operation) -> Bool {
        a.wireCode == b.wireCode && a.constants == b.constants
            && a.fields.map(\.value) == b.fields.map(\.value)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(wireCode)
        hasher.combine(constants)
    }

    /// Every field of ops.def by name, DATA fields as 0.
    package var fields: [(name: String, value: Int32)] {
        let parameters = parameters()
        return withUnsafeBytes(of: parameters) { words in
            var fields: [(name: String, value: Int32)] = []
            while let name = nnq_op_field_name(parameters.opcode, Int32(fields.count)) {
                let value = words.load(fromByteOffset: (fields.count + 1) * 4, as: Int32.self)
                fields.append((String(cString: name), value))
            }
            return fields
        }
    }
}
