// SPDX-License-Identifier: Apache-2.0
// A pad before convolutions and pools becomes their own padding, where both mean the same.

import CNNQ
import NNQFormat

extension Program {
    mutating func mergePadding(_ note: Note) {
        var index = 0
        while index < operations.count {
            if !mergePad(index, note) { index += 1 }
        }
    }

    /// Merges a pad into all of its readers and takes it out. False, and nothing changes, where that cannot be.
    private mutating func mergePad(_ index: Int, _ note: Note) -> Bool {
        guard case .pad(let outer) = operations[index].operation, !outputs.contains(output(of: index)) else {
            return false
        }
        let readers = readers(of: output(of: index))
        let zeroPoint = tensors[output(of: index)].zeroPoint
        let merged = readers.map { merge(outer, into: $0, zeroPoint) }
        guard !readers.isEmpty, merged.allSatisfy({ $0 != nil }) else { return false }
        for (reader, operation) in zip(readers, merged) { operations[reader].operation = operation! }
        let names = readers.map { "'\(name(of: $0))'" }.joined(separator: ", ")
        note(name(of: index), "became padding of \(names)")
        remove(index, substitute: operations[index].inputs[0])
        return true
    }

    /// The op with the pad's margins added to its own, or nil.
    private func merge(_ outer: nnq_pad_params, into reader: Int, _ zeroPoint: Int) -> Operation? {
        let margins = [outer.pad_top, outer.pad_bottom, outer.pad_left, outer.pad_right]
        if case .pad(let p) = operations[reader].operation { return p.adding(outer).map { .pad($0) } }
        guard outer.pad_front == 0, outer.pad_back == 0, Int(outer.value) == zeroPoint else { return nil }
        switch operations[reader].operation {
        case .conv2D(let p, let filter, let block):
            return p.adding(margins).map { .conv2D($0, filter: filter, block) }
        case .depthwiseConv2D(let p, let filter, let block):
            return p.adding(margins).map { .depthwiseConv2D($0, filter: filter, block) }
        case .maxPool(let p): return merge(margins, into: p, reader)
        case .averagePool(let p, let multipliers): return merge(margins, into: p, multipliers)
        default: return nil
        }
    }

    /// A max pool's own padding never wins. A pad's zero point does not either where no output may be below it.
    private func merge(_ margins: [Int32], into p: nnq_max_pool_params, _ reader: Int) -> Operation? {
        let zeroPoint = tensors[output(of: reader)].zeroPoint
        guard let merged = p.adding(margins), merged.hasPadsOfPools, Int(p.act_min) >= zeroPoint else { return nil }
        return .maxPool(merged)
    }

    /// An average pool's own padding does not count. A pad's elements add nothing to `S - n * zero_point`, but they
    /// were counted: every window keeps the multiplier of the whole kernel.
    private func merge(_ margins: [Int32], into p: nnq_average_pool_params, _ multipliers: [Int32]) -> Operation? {
        guard p.rounding == 0, p.pads == [0, 0, 0, 0], let merged = p.adding(margins), merged.hasPadsOfPools else {
            return nil
        }
        let area = Int(p.kernel_height) * Int(p.kernel_width)
        let isPadded = margins.contains { $0 != 0 }
        return .averagePool(merged, multipliers: Array(repeating: multipliers[0], count: isPadded ? area : 1))
    }
}

extension nnq_pad_params {
    private var margins: [Int32] { [pad_top, pad_bottom, pad_left, pad_right, pad_front, pad_back] }

    /// This pad after another one; nil where their values differ or a margin would leave the format's range.
    fileprivate func adding(_ other: Self) -> Self? {
        let sums = zip(margins, other.margins).map(+)
        guard value == other.value, sums.allSatisfy({ $0 <= 65535 }) else { return nil }
        var result = self
        (result.pad_top, result.pad_bottom, result.pad_left) = (sums[0], sums[1], sums[2])
        (result.pad_right, result.pad_front, result.pad_back) = (sums[3], sums[4], sums[5])
        return result
    }
}
