// SPDX-License-Identifier: Apache-2.0
// Bias correction without data.

import NNQGraph

extension Correction {
    /// Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019, section 4.2: what
    /// rounding does to a weight, times the mean of what it reads, leaves the bias.
    ///
    /// Borders of zeros around maps are taken for the map; layers of whose input nothing is known stay as they are.
    /// - Parameters:
    ///   - float: the model that the program stands for.
    ///   - means: by node of it, by channel.
    mutating func correctMeans(_ float: Model, _ means: [String: [Double]]) throws {
        biasReport = []
        for (_, linear) in lowering.linears.sorted(by: { $0.key < $1.key }) {
            let node = float.graph.nodes[linear.node]
            let source = float.graph.nodes[node.inputs[0]].name
            guard let means = means[source], let exact = float.parameters["\(node.name).weight"],
                let bias = weights.model.parameters["\(node.name).bias"], exact.count == linear.filter.count
            else { continue }
            let geometry = float.geometry(linear.node, channels: means.count)
            let shift = (0..<geometry.outputs).map { output in
                (0..<geometry.terms).reduce(0.0) { sum, term in
                    let place = output * geometry.terms + term
                    let error = Double(linear.filter[place]) * linear.scales[output] - Double(exact.values[place])
                    return sum + error * means[geometry.inputChannel(output: output, term: term)]
                }
            }
            weights.model.parameters["\(node.name).bias"]!.values = zip(bias.values, shift).map {
                Float(Double($0) - $1)
            }
            biasReport!.append(BiasCorrectionReport(layer: node.name, shift: shift))
        }
        try lower()
    }
}
