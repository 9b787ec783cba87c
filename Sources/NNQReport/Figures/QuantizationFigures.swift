// SPDX-License-Identifier: Apache-2.0
// All that a report says, as numbers.

import NNQGraph
import NNQQuantize

/// The figures of a quantization: what `--json` gives and what the page draws.
public struct QuantizationFigures: Hashable, Codable, Sendable {
    /// What the person calls it: the float model's file.
    public var model: String
    /// The data set that the figures are of.
    public var data: String
    /// Test samples that both models answered.
    public var samples: Int
    /// Samples of which single layers were looked at; at most `samples`.
    public var layerSamples: Int
    /// Nil for regression.
    public var answers: AnswerFigures?
    /// Nil for classes.
    public var values: ValueFigures?
    /// In the program's order, inputs first.
    public var layers: [LayerFigures]
    public var weights: [WeightFigures]
    public var swaps: LayerSwaps
    /// The worst first.
    public var worst: [DegradedSample]
    public var memory: MemoryFigures
    public var methods: QuantizationReport
    /// Of the float model's training, epoch by epoch; nil where the model does not say.
    public var training: [TrainedEpoch]?
    /// What to do, the most important first.
    public var advice: [Advice]

    enum CodingKeys: String, CodingKey {
        case model, data, samples, answers, values, layers, weights, swaps, worst, memory, methods, training, advice
        case layerSamples = "layer_samples"
    }
}
