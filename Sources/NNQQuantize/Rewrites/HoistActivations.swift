// SPDX-License-Identifier: Apache-2.0
// ReLU moves before layers that it commutes with, towards the layer that can absorb it.

import NNQGraph

extension ModelDraft {
    /// Where ReLU is the only reader of a max pool, pad or reshape, the two change places. The values stay the same,
    /// since ReLU is monotone and keeps zero; and the layer before is then calibrated on the range after ReLU.
    mutating func hoistActivations(_ report: inout RewriteReport) {
        for start in nodes.indices {
            var index = start
            while let input = commutingInput(index) {
                report.note(.hoistActivations, nodes[index].name, "moved before '\(nodes[input].name)'")
                swapLayers(input, index)
                index = input
            }
        }
    }

    private func commutingInput(_ index: Int) -> Int? {
        switch nodes[index].layer {
        case .activation(.relu), .activation(.relu6): break
        default: return nil
        }
        let input = nodes[index].inputs[0]
        guard soleConsumer(of: input) == index else { return nil }
        switch nodes[input].layer {
        case .maxPool, .pad, .flatten, .reshape, .dropout: return input
        default: return nil
        }
    }
}
