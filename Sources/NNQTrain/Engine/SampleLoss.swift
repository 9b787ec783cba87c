// SPDX-License-Identifier: Apache-2.0
// The loss of one sample's outputs, in double precision.

import Foundation
import NNQGraph

/// A loss, for outputs of a graph that ends in a known layer.
package struct SampleLoss: Sendable {
    private let loss: Loss
    private let lastLayer: Layer

    /// Nil for a graph that ends in hard decisions, whose loss says nothing.
    init?(_ loss: Loss, of graph: Graph) {
        self.loss = loss
        lastLayer = graph.nodes[graph.outputs[0]].layer
        if lastLayer == .activation(.step) { return nil }
    }

    func callAsFunction(_ outputs: [Float], label: Int?, target: [Float]) -> Double {
        switch loss {
        case .crossEntropy:
            let values = outputs.map(Double.init)
            if lastLayer == .softmax { return -log(max(values[label!], 1e-30)) }
            let top = values.max()!
            return log(values.reduce(0) { $0 + exp($1 - top) }) + top - values[label!]
        case .binaryCrossEntropy:
            return Self.mean(outputs, target) { output, wanted in
                let yes = log(max(output, 1e-30))
                let no = log(max(1 - output, 1e-30))
                return -(wanted * yes + (1 - wanted) * no)
            }
        case .squaredError:
            return Self.mean(outputs, target) { output, wanted in (output - wanted) * (output - wanted) }
        }
    }

    private static func mean(_ outputs: [Float], _ target: [Float], _ term: (Double, Double) -> Double) -> Double {
        var sum = 0.0
        for (output, wanted) in zip(outputs, target) { sum += term(Double(output), Double(wanted)) }
        return sum / Double(outputs.count)
    }
}
