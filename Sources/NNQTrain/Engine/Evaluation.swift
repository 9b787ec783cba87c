// SPDX-License-Identifier: Apache-2.0
// How good a model is on a data set.

import Foundation
import NNQData
import NNQGraph

/// What a model reaches on a data set, over all its samples.
public struct Evaluation: Codable, Sendable, Equatable {
    public var samples: Int
    /// Mean loss; nil where the outputs are hard decisions, whose loss says nothing.
    public var loss: Double?
    /// Part of the samples answered right, 0 to 1; nil for regression. Classification: the largest output. Binary:
    /// every output on its target's side of 0.5.
    public var accuracy: Double?
    /// For classes: `confusion[actual][answered]`, in samples.
    public var confusion: [[Int]]?
    /// For classes, where asked for: precision, recall, F1 and AUC.
    public var classification: ClassificationMetrics?
    /// For classes, where asked for: at index k, the part of the samples whose class is among the k + 1 highest scores.
    public var topAccuracies: [Double]?
    /// For regression: mean absolute error, root mean squared error, and the part of the targets' variance explained.
    public var meanAbsoluteError: Double?
    public var rootMeanSquaredError: Double?
    public var r2: Double?

    /// Nothing but a number of samples; the rest is nil.
    public init(samples: Int) { self.samples = samples }
}

extension Model {
    /// Runs the model on every sample of a data set.
    /// - Parameters:
    ///   - loss: nil takes the one that suits the model's task.
    ///   - threads: 0 takes one for each processor.
    ///   - detailed: adds `classification` and `topAccuracies` to the evaluation.
    /// - Throws: `TrainError` where data and model do not fit.
    public func evaluate(
        on dataset: any Dataset, loss: Loss? = nil, batch: Int = 64, threads: Int = 0, detailed: Bool = false
    ) throws -> Evaluation {
        let engine = try FloatEngine(self, batch: min(batch, dataset.count), threads: threads)
        return try engine.evaluate(self, on: dataset, loss: loss, detailed: detailed)
    }
}

extension FloatEngine {
    /// Runs the engine, made from `model`, on every sample of a data set.
    public func evaluate(
        _ model: Model, on dataset: any Dataset, loss: Loss? = nil, detailed: Bool = false
    ) throws -> Evaluation {
        let loss = loss ?? .usual(for: model.metadata.task)
        var tally = try Tally(
            task: model.metadata.task, outputs: outputCount, on: dataset, loss: SampleLoss(loss, of: model.graph),
            detailed: detailed)
        var batches = try Batches(dataset, for: model, batchSize: batch, shuffle: false, dropLast: false)
        let targets = try TargetBuffer(dataset, loss: loss, outputs: outputCount, batch: batch)
        var done = 0
        while done < dataset.count {
            let rows = targets.fill(input, from: &batches)
            try forward()
            for row in 0..<rows {
                let span = row * outputCount..<(row + 1) * outputCount
                tally.add(
                    Array(output[span]), label: tally.hasClasses ? dataset.label(done + row) : nil,
                    target: Array(targets.values[span]))
            }
            done += rows
        }
        return tally.evaluation
    }
}
