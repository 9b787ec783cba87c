// SPDX-License-Identifier: Apache-2.0
// An op from its parameters and its constants in a file.

import CNNQ

extension Operation {
    /// The op with this code and these parameters, whose DATA fields point into `bytes`.
    /// - Precondition: the runtime's verifier accepted the file.
    init(
        code: Int32, _ parameters: nnq_params, inputs: [ProgramTensor], output: ProgramTensor,
        constantsIn bytes: [UInt8]
    ) {
        if let form = PackedForm.with(code: code) {
            self = .packed(
                PackedOperation(form, parameters.packed, input: inputs[0], output: output, constantsIn: bytes))
        } else {
            let opcode = nnq_opcode(rawValue: nnq_opcode.RawValue(code))!
            self.init(opcode, parameters, inputs: inputs, output: output, constantsIn: bytes)
        }
    }

    private init(
        _ opcode: nnq_opcode, _ parameters: nnq_params, inputs: [ProgramTensor], output: ProgramTensor,
        constantsIn bytes: [UInt8]
    ) {
        switch opcode {
        case .NNQ_OP_CONV2D:
            let p = parameters.conv2d
            let perGroup = inputs[0].channels / Int(p.groups)
            let length = output.channels * Int(p.kernel_height) * Int(p.kernel_width) * perGroup
            let filter = FilterBlock(bytes, at: p.filter, count: length, output.channels, shift: p.shift)
            self = .conv2D(p, filter: filter.filter, filter.requantization)
        case .NNQ_OP_DEPTHWISE_CONV2D:
            let p = parameters.depthwise_conv2d
            let length = output.channels * Int(p.kernel_height) * Int(p.kernel_width)
            let filter = FilterBlock(bytes, at: p.filter, count: length, output.channels, shift: p.shift)
            self = .depthwiseConv2D(p, filter: filter.filter, filter.requantization)
        case .NNQ_OP_DENSE:
            let p = parameters.dense
            let length = output.channels * inputs[0].count
            let filter = FilterBlock(bytes, at: p.filter, count: length, output.channels, shift: p.shift)
            self = .dense(p, filter: filter.filter, filter.requantization)
        case .NNQ_OP_MAX_POOL: self = .maxPool(parameters.max_pool)
        case .NNQ_OP_AVERAGE_POOL:
            let p = parameters.average_pool
            self = .averagePool(p, multipliers: bytes.numbers(at: Int(p.multipliers), count: p.multiplierCount))
        case .NNQ_OP_ADD: self = .add(parameters.add)
        case .NNQ_OP_CONCAT:
            let p = parameters.concat
            self = .concat(
                axis: Int(p.axis), inputs.indices.map { Rescale(bytes, at: Int(p.rescales) + 8 * $0) })
        case .NNQ_OP_PAD: self = .pad(parameters.pad)
        case .NNQ_OP_TABLE: self = .table(bytes.numbers(at: Int(parameters.table.values), count: 256))
        case .NNQ_OP_SOFTMAX:
            let p = parameters.softmax
            self = .softmax(bytes.numbers(at: Int(p.exponentials), count: Int(p.count)))
        case .NNQ_OP_RESHAPE: self = .reshape
        case .NNQ_OP_SLICE: self = .slice(parameters.slice)
        case .NNQ_OP_TRANSPOSE: self = .transpose(parameters.transpose)
        case .NNQ_OP_RESIZE_NEAREST:
            let start = Int(parameters.resize_nearest.indices)
            self = .resizeNearest(
                rows: bytes.numbers(at: start, count: output.height),
                columns: bytes.numbers(at: start + 2 * output.height, count: output.width))
        case .NNQ_OP_RESIZE_BILINEAR:
            let start = Int(parameters.resize_bilinear.positions)
            self = .resizeBilinear(
                rows: .init(bytes, at: start, count: output.height),
                columns: .init(bytes, at: start + 4 * output.height, count: output.width))
        case .NNQ_OP_GATHER:
            let p = parameters.gather
            let length = Int(p.count) * output.channels
            self = .gather(p, table: bytes.numbers(at: Int(p.values), count: length))
        case .NNQ_OP_ARG_MAX: self = .argMax(parameters.arg_max)
        case .NNQ_OP_TRANSPOSE_CONV2D:
            let p = parameters.transpose_conv2d
            let perGroup = inputs[0].channels / Int(p.groups)
            let length = output.channels * Int(p.kernel_height) * Int(p.kernel_width) * perGroup
            let data = FilterBlock(bytes, at: p.filter, count: length, output.channels, shift: p.shift)
            self = .transposeConv2D(p, filter: data.filter, data.requantization)
        case .NNQ_OP_BATCH_MATMUL: self = .batchMatmul(parameters.batch_matmul)
        case .NNQ_OP_CONSTANT:
            let start = Int(parameters.constant.values)
            self = .constant(bytes: Array(bytes[start..<start + output.byteCount]))
        case .NNQ_OP_TFLITE_ADD: self = .tfliteAdd(parameters.tflite_add)
        case .NNQ_OP_MUL: self = .mul(parameters.mul)
        case .NNQ_OP_MINIMUM: self = .minimum
        case .NNQ_OP_MAXIMUM: self = .maximum
        case .NNQ_OP_PRELU: self = .prelu(parameters.prelu)
        case .NNQ_OP_TFLITE_SOFTMAX: self = .tfliteSoftmax(parameters.tflite_softmax)
        case .NNQ_OP_L2_NORMALIZE: self = .l2Normalize
        case .NNQ_OP_REDUCE: self = .reduce(parameters.reduce)
        case .NNQ_OP_LSTM:
            let p = parameters.lstm
            let (inputs, units) = (inputs[0].channels, output.channels)
            self = .lstm(p, Gates(bytes, at: p.filter, gates: 4, inputs: inputs, units: units))
        case .NNQ_OP_GRU:
            let p = parameters.gru
            let (inputs, units) = (inputs[0].channels, output.channels)
            self = .gru(
                resetAfter: p.reset_after == 1, Gates(bytes, at: p.filter, gates: 3, inputs: inputs, units: units))
        case .NNQ_OP_SVDF:
            let p = parameters.svdf
            self = .svdf(
                p,
                TimeFilters(
                    bytes, at: p.filter, inputs: inputs[0].channels, units: output.channels, state: inputs[1]))
        case .NNQ_OP_CONV2D_INT16, .NNQ_OP_DEPTHWISE_CONV2D_INT16, .NNQ_OP_DENSE_INT16, .NNQ_OP_MAX_POOL_INT16,
            .NNQ_OP_AVERAGE_POOL_INT16, .NNQ_OP_ADD_INT16, .NNQ_OP_SOFTMAX_INT16, .NNQ_OP_REQUANTIZE:
            self = .int16(
                Int16Operation(opcode, parameters, input: inputs[0], output: output, constantsIn: bytes)!)
        }
    }
}

/// A filter and the block behind it.
struct FilterBlock {
    let filter: [Int8]
    let requantization: Requantization

    init(_ bytes: [UInt8], at offset: Int32, count: Int, _ channels: Int, shift: Int32) {
        let start = Int(offset)
        filter = bytes.numbers(at: start, count: count)
        requantization = Requantization(
            bytes, at: start + (count + 3) / 4 * 4, channels: channels, baseShift: shift)
    }
}

extension [ResizePosition] {
    fileprivate init(_ bytes: [UInt8], at offset: Int, count: Int) {
        self = (0..<count).map {
            ResizePosition(lower: bytes.number(at: offset + 4 * $0), fraction: bytes.number(at: offset + 4 * $0 + 2))
        }
    }
}

extension Rescale {
    fileprivate init(_ bytes: [UInt8], at offset: Int) {
        self.init(
            constant: bytes.number(at: offset), multiplier: bytes.number(at: offset + 4), shift: bytes[offset + 6])
    }
}
