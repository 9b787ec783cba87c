// SPDX-License-Identifier: Apache-2.0
// Weight decay of the parameters that are usually spared, and of depthwise filters.

import NNQGraph

/// Weight decay by kind of parameter, beside `TrainingOptions.weightDecay`, which is that of all other weights.
public struct WeightDecayGroups: Codable, Sendable, Equatable {
    /// Depthwise filters, which have few weights a channel and stand little decay (Howard et al., "MobileNets", 2017);
    /// nil for the decay of other weights.
    public var depthwise: Float?
    /// Biases; 0 is usual.
    public var biases: Float
    /// Batch normalization's scale and shift; 0 is usual.
    public var batchNorm: Float

    public init(depthwise: Float? = nil, biases: Float = 0, batchNorm: Float = 0) {
        self.depthwise = depthwise
        self.biases = biases
        self.batchNorm = batchNorm
    }

    private enum CodingKeys: String, CodingKey {
        case depthwise, biases
        case batchNorm = "batch_norm"
    }

    func validate() throws {
        for (name, decay) in [("depthwise filters", depthwise ?? 0), ("biases", biases), ("batch norm", batchNorm)] {
            guard decay >= 0, decay.isFinite else {
                throw TrainError("weight decay of \(name) is \(decay); use 0 or more")
            }
        }
    }

    /// The decay of a parameter, `layer.parameter` of this graph. Slopes, scales of rounding and the like have none.
    func decay(of parameter: Parameter, in graph: Graph, weights: Float) -> Float {
        let parts = parameter.name.split(separator: ".")
        let layer = graph.nodes.first { $0.name == parts.dropLast().joined(separator: ".") }?.layer
        if case .batchNorm = layer { return batchNorm }
        if !parameter.decays { return parts.last == "bias" ? biases : 0 }
        if case .depthwiseConv2D = layer { return depthwise ?? weights }
        return weights
    }
}
