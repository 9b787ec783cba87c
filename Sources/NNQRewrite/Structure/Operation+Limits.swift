// SPDX-License-Identifier: Apache-2.0
// Output limits and weights of ops, whatever their kind.

import NNQFormat

extension Operation {
    /// Bytes of the op's filters.
    var weightBytes: Int {
        switch self {
        case .conv2D(_, let filter, _), .depthwiseConv2D(_, let filter, _), .dense(_, let filter, _),
            .transposeConv2D(_, let filter, _):
            filter.count
        case .lstm(_, let gates), .gru(_, let gates): gates.filter.count
        case .svdf(_, let filters): filters.filter.count + filters.type.byteCount * filters.time.count
        default: 0
        }
    }

    /// The op with its result clamped to these limits as well, or nil where it has no limits.
    func clamped(to limits: ClosedRange<Int32>) -> Operation? {
        func clamp(_ low: inout Int32, _ high: inout Int32) {
            // Clamping twice is clamping once, to limits that are themselves clamped.
            low = min(max(low, limits.lowerBound), limits.upperBound)
            high = min(max(high, limits.lowerBound), limits.upperBound)
        }
        switch self {
        case .conv2D(var p, let filter, let block):
            clamp(&p.act_min, &p.act_max)
            return .conv2D(p, filter: filter, block)
        case .depthwiseConv2D(var p, let filter, let block):
            clamp(&p.act_min, &p.act_max)
            return .depthwiseConv2D(p, filter: filter, block)
        case .dense(var p, let filter, let block):
            clamp(&p.act_min, &p.act_max)
            return .dense(p, filter: filter, block)
        case .maxPool(var p):
            clamp(&p.act_min, &p.act_max)
            return .maxPool(p)
        case .averagePool(var p, let multipliers):
            clamp(&p.act_min, &p.act_max)
            return .averagePool(p, multipliers: multipliers)
        case .add(var p):
            clamp(&p.act_min, &p.act_max)
            return .add(p)
        case .tfliteAdd(var p):
            clamp(&p.act_min, &p.act_max)
            return .tfliteAdd(p)
        case .mul(var p):
            clamp(&p.act_min, &p.act_max)
            return .mul(p)
        default: return nil
        }
    }

    /// False where the op is known to leave its inputs as they are.
    var mayUpdateInputs: Bool {
        switch self {
        case .conv2D, .depthwiseConv2D, .dense, .maxPool, .averagePool, .add, .concat, .pad, .table, .softmax: false
        case .reshape, .constant, .tfliteAdd, .mul, .minimum, .maximum, .prelu: false
        case .tfliteSoftmax, .l2Normalize, .reduce, .packed, .int16: false
        case .slice, .transpose, .resizeNearest, .resizeBilinear, .gather, .argMax, .transposeConv2D, .batchMatmul:
            false
        default: true
        }
    }
}
