// SPDX-License-Identifier: Apache-2.0
// Ops that only rename elements go: reshapes that nothing notices, pads by nothing, concats of one tensor.

import CNNQ
import NNQFormat

extension Program {
    mutating func removeReshapes(_ note: Note) {
        var index = 0
        while index < operations.count {
            skipInnerReshapes(index)
            let name = name(of: index)
            if let reason = reasonToRemove(index), bypass(index, to: operations[index].inputs[0]) {
                note(name, reason)
            } else {
                index += 1
            }
        }
        removeUnread(note) { if case .reshape = $0 { true } else { false } }
    }

    /// Why an op does nothing that its readers notice, or nil.
    private func reasonToRemove(_ index: Int) -> String? {
        let (source, result) = (operations[index].inputs.first, output(of: index))
        guard let source, tensors[source].zeroPoint == tensors[result].zeroPoint else { return nil }
        let isSame = tensors[source].hasShape(of: tensors[result])
        switch operations[index].operation {
        case .pad: return isSame ? "a pad by nothing" : nil
        case .slice(let p): return isSame && p.isForward ? "a slice of everything" : nil
        case .transpose(let p):
            return (p.axis_height, p.axis_width) == (0, 1) ? "a transpose that keeps every axis" : nil
        case .concat(_, let rescales): return rescales == [.identity] ? "a concat of one tensor" : nil
        case .reshape:
            if isSame { return "the shape stays the same" }
            let readers = readers(of: result)
            let isReadFlat = !outputs.contains(result) && !readers.isEmpty && readers.allSatisfy { readsFlat($0) }
            return isReadFlat ? "dense layers read any shape flat" : nil
        default: return nil
        }
    }

    private func readsFlat(_ index: Int) -> Bool {
        switch operations[index].operation {
        case .dense, .reshape: true
        default: false
        }
    }

    /// Of reshapes in a row only the last matters.
    private mutating func skipInnerReshapes(_ index: Int) {
        guard case .reshape = operations[index].operation else { return }
        while let producer = producer(of: operations[index].inputs[0]),
            case .reshape = operations[producer].operation
        {
            operations[index].inputs = operations[producer].inputs
        }
    }
}

extension nnq_slice_params {
    fileprivate var isForward: Bool { step_height > 0 && step_width > 0 && step_channels > 0 }
}
