// SPDX-License-Identifier: Apache-2.0
// High-bias absorption: what a channel always exceeds moves into the next layer's bias.

import NNQGraph

extension Model {
    /// Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019, section 4.1.3:
    /// where a channel before a ReLU is above c in nearly every case, `relu(x) = relu(x - c) + c`, and `c` times the
    /// weights that read it belongs to the next bias. c is the mean less three standard deviations, here of the
    /// calibration samples, so that models whose batch norms were folded elsewhere have it, too.
    ///
    /// Only where no padding lies between: a border of zeros would have to become one of -c. And only through ReLU:
    /// the clip of ReLU6 would move.
    /// - Parameter statistics: of the outputs of linear layers, by name.
    /// - Returns: by layer, what each channel became smaller by.
    func absorbableBias(_ statistics: [String: ChannelStatistics]) throws -> [String: [Float]] {
        var absorbed: [String: [Float]] = [:]
        let shapes = try graph.shapes()
        for link in try ChannelLink.all(in: graph) where keepsConstants(link, shapes) {
            guard let statistics = statistics[graph.nodes[link.first].name] else { continue }
            let amounts = zip(statistics.mean, statistics.variance).map { mean, variance in
                Float(max(0, mean - 3 * variance.squareRoot()))
            }
            if amounts.contains(where: { $0 > 0 }) { absorbed[graph.nodes[link.first].name] = amounts }
        }
        return absorbed
    }

    /// The model after an absorption.
    /// - Parameter amounts: by layer that is the first of a link, by channel.
    func absorbing(_ amounts: [String: [Float]]) throws -> Model {
        var model = self
        for link in try ChannelLink.all(in: graph) {
            let (first, second) = (graph.nodes[link.first].name, graph.nodes[link.second].name)
            guard let own = amounts[first], own.count == link.channels, let bias = model.parameters["\(first).bias"],
                var next = model.parameters["\(second).bias"]
            else { continue }
            model.parameters["\(first).bias"]!.values = zip(bias.values, own).map { $0 - $1 }
            let geometry = model.geometry(link.second, channels: link.channels)
            let weight = model.parameters["\(second).weight"]!.values
            for output in 0..<geometry.outputs {
                let moved = (0..<geometry.terms).reduce(0.0) { sum, term in
                    let amount = own[geometry.inputChannel(output: output, term: term)]
                    return sum + Double(weight[output * geometry.terms + term]) * Double(amount)
                }
                next.values[output] += Float(moved)
            }
            model.parameters["\(second).bias"] = next
        }
        return model
    }

    /// Whether a constant taken from a link's channels arrives at the second layer as it is, and both have biases.
    private func keepsConstants(_ link: ChannelLink, _ shapes: [Shape]) -> Bool {
        let names = [link.first, link.second].map { "\(graph.nodes[$0].name).bias" }
        guard link.hasReLU(graph), names.allSatisfy({ parameters[$0] != nil }) else { return false }
        let isKept = link.path.allSatisfy { node in
            switch graph.nodes[node].layer {
            case .activation(.relu), .maxPool, .averagePool, .globalAveragePool, .globalMaxPool, .flatten, .dropout:
                true
            default: false
            }
        }
        switch graph.nodes[link.second].layer {
        case .dense: return isKept
        case .conv2D(_, let window, _, _), .depthwiseConv2D(_, let window, _):
            return isKept && window.margins(for: shapes[graph.nodes[link.second].inputs[0]]) == .zero
        default: return false
        }
    }
}
