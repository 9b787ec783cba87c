// SPDX-License-Identifier: Apache-2.0
// How much work an op is, and how many bytes of constants it has.

extension Program {
    /// Multiply-accumulates of an op for one inference; 0 where it multiplies neither weights nor two tensors.
    public func macs(of operation: Int) -> Int {
        let output = tensors[inputCount + operation]
        let input = operations[operation].inputs.first.map { tensors[$0] } ?? output
        switch operations[operation].operation {
        case .dense(_, let filter, _): return filter.count
        case .conv2D(_, let filter, _): return filter.count * output.height * output.width
        case .depthwiseConv2D(_, let filter, _): return filter.count * output.height * output.width
        // Every input pixel meets the whole filter, also where its product falls outside of the output.
        case .transposeConv2D(_, let filter, _): return filter.count * input.height * input.width
        case .batchMatmul(let p): return output.count * (p.transpose_a == 0 ? input.channels : input.width)
        case .lstm(_, let gates), .gru(_, let gates): return gates.filter.count * output.width
        case .svdf(_, let filters): return filters.filter.count + filters.time.count
        case .int16(let operation): return operation.macs(output: output)
        case .packed(let packed): return packed.macs
        default: return 0
        }
    }
}

extension Operation {
    /// Bytes of constants that the op reads, before equal ones are shared.
    public var constantBytes: Int {
        switch self {
        case .conv2D(_, let filter, let requantization), .depthwiseConv2D(_, let filter, let requantization),
            .dense(_, let filter, let requantization), .transposeConv2D(_, let filter, let requantization):
            return (filter.count + 3) / 4 * 4 + requantization.byteCount
        case .averagePool(_, let multipliers): return 4 * multipliers.count
        case .concat(_, let rescales): return 8 * rescales.count
        case .table(let values): return values.count
        case .softmax(let exponentials): return 2 * exponentials.count
        case .resizeNearest(let rows, let columns): return 2 * (rows.count + columns.count)
        case .resizeBilinear(let rows, let columns): return 4 * (rows.count + columns.count)
        case .gather(_, let table): return table.count
        case .maxPool, .add, .pad, .reshape, .slice, .transpose, .argMax, .batchMatmul: return 0
        case .constant(let bytes): return bytes.count
        case .int16(let operation): return operation.constantBytes
        case .packed(let operation): return operation.constants.count
        case .lstm(_, let gates), .gru(_, let gates):
            return gates.filter.count + 5 * gates.multiplier.count + 4 * gates.bias.count
        case .svdf(_, let filters):
            let biases = filters.stateBias.count + filters.bias.count
            return filters.filter.count + 4 * biases + filters.type.byteCount * filters.time.count
        case .tfliteAdd, .mul, .minimum, .maximum, .prelu, .tfliteSoftmax, .l2Normalize, .reduce: return 0
        }
    }
}
