// SPDX-License-Identifier: Apache-2.0
// Judges a model after each epoch on samples that it does not learn from, and remembers the best one.

import NNQData
import NNQGraph

/// Evaluates on a validation set and keeps what was best.
struct ValidationJudge {
    /// The best epoch so far, counted from 1.
    struct Best {
        var epoch: Int
        var evaluation: Evaluation
        /// The model's parameters then; nil where they are not kept.
        var parameters: [String: Tensor]?
    }

    private let dataset: any Dataset
    private let options: TrainingOptions
    private var engine: FloatEngine?
    var best: Best?

    init(_ dataset: any Dataset, options: TrainingOptions) {
        self.dataset = dataset
        self.options = options
    }

    /// Evaluates the model as it is after an epoch.
    mutating func judge(_ model: Model, epoch: Int) throws -> Evaluation {
        if let engine { try engine.load(model.parameters) } else {
            engine = try FloatEngine(model, batch: min(options.batchSize, dataset.count), threads: options.threads)
        }
        let evaluation = try engine!.evaluate(model, on: dataset, loss: options.loss)
        if best.map({ Self.isBetter(evaluation, than: $0.evaluation) }) ?? true {
            best = Best(
                epoch: epoch, evaluation: evaluation, parameters: options.writesBest ? model.parameters : nil)
        }
        return evaluation
    }

    /// A higher accuracy, or the same and a lower loss; where there is no accuracy, a lower loss.
    private static func isBetter(_ one: Evaluation, than other: Evaluation) -> Bool {
        if let accuracy = one.accuracy, let before = other.accuracy, accuracy != before { return accuracy > before }
        guard let loss = one.loss, let before = other.loss else { return false }
        return loss < before
    }

    /// Whether patience is at its end after `epoch` epochs.
    func isPatienceOver(after epoch: Int) -> Bool {
        guard let patience = options.patience, let best else { return false }
        return epoch - best.epoch >= patience
    }
}
