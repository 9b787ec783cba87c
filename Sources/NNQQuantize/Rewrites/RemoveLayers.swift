// SPDX-License-Identifier: Apache-2.0
// Layers that do nothing at inference go: dropout, empty pads, reshapes that change nothing.

import NNQGraph

extension ModelDraft {
    mutating func removeDropout(_ report: inout RewriteReport) {
        for index in nodes.indices {
            guard case .dropout = nodes[index].layer else { continue }
            report.note(.removeDropout, nodes[index].name, "removed")
            bypass(index)
        }
    }

    mutating func removeIdentities(_ report: inout RewriteReport) {
        for index in nodes.indices where !nodes[index].inputs.isEmpty {
            skipInnerReshapes(index)
            guard let detail = identity(index) else { continue }
            report.note(.removeIdentities, nodes[index].name, detail)
            bypass(index)
        }
    }

    /// Why a node does nothing, or nil.
    private func identity(_ index: Int) -> String? {
        let input = shapes[nodes[index].inputs[0]]
        switch nodes[index].layer {
        case .pad(.zero): return "a pad by nothing"
        case .flatten, .reshape:
            if shapes[index] == input { return "the shape stays the same" }
            let readers = consumers(of: index)
            let readFlat = !isOutput(index) && !readers.isEmpty && readers.allSatisfy { isDense($0) }
            return readFlat ? "dense layers read any shape flat" : nil
        default: return nil
        }
    }

    /// Of reshapes in a row only the last matters.
    private mutating func skipInnerReshapes(_ index: Int) {
        guard isReshape(index) else { return }
        var input = nodes[index].inputs[0]
        while isReshape(input) { input = nodes[input].inputs[0] }
        setInputs(index, [input])
    }

    private func isDense(_ index: Int) -> Bool { if case .dense = nodes[index].layer { true } else { false } }

    private func isReshape(_ index: Int) -> Bool {
        switch nodes[index].layer {
        case .flatten, .reshape: true
        default: false
        }
    }
}
