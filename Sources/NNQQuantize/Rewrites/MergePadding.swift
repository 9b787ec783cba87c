// SPDX-License-Identifier: Apache-2.0
// A pad before convolutions becomes their own padding: both fill with zeros.

import NNQGraph

extension ModelDraft {
    mutating func mergePadding(_ report: inout RewriteReport) {
        for index in nodes.indices {
            guard case .pad(let margins) = nodes[index].layer, !isOutput(index) else { continue }
            let readers = consumers(of: index)
            let merged = readers.map { mergedLayer($0, margins) }
            guard !readers.isEmpty, merged.allSatisfy({ $0 != nil }) else { continue }
            for (reader, layer) in zip(readers, merged) { replace(reader, layer: layer!) }
            let names = readers.map { "'\(nodes[$0].name)'" }.joined(separator: ", ")
            report.note(.mergePadding, nodes[index].name, "became padding of \(names)")
            bypass(index)
        }
    }

    /// The convolution with `outer` added to its own padding, or nil where that cannot be.
    private func mergedLayer(_ reader: Int, _ outer: Margins) -> Layer? {
        let padded = shapes[nodes[reader].inputs[0]]
        switch nodes[reader].layer {
        case .conv2D(let filters, let window, let groups, let bias):
            guard let merged = window.adding(outer, around: padded) else { return nil }
            return .conv2D(filters: filters, window: merged, groups: groups, bias: bias)
        case .depthwiseConv2D(let multiplier, let window, let bias):
            guard let merged = window.adding(outer, around: padded) else { return nil }
            return .depthwiseConv2D(multiplier: multiplier, window: merged, bias: bias)
        default: return nil
        }
    }
}

extension Window {
    /// The window with more padding outside of what it has, or nil beyond what an int8 convolution can express.
    fileprivate func adding(_ outer: Margins, around input: Shape) -> Window? {
        let inner = margins(for: input)
        let sums = [
            inner.top + outer.top, inner.bottom + outer.bottom, inner.left + outer.left, inner.right + outer.right,
        ]
        guard sums.allSatisfy({ $0 <= 255 }) else { return nil }
        var window = self
        window.padding = .explicit(top: sums[0], bottom: sums[1], left: sums[2], right: sums[3])
        return window
    }
}
