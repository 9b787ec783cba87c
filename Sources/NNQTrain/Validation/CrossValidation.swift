// SPDX-License-Identifier: Apache-2.0
// Trains once for each part of the data that is left out, and evaluates on that part.

import NNQData
import NNQGraph

/// K-fold cross-validation (Stone, 1974; Kohavi, 1995): how good a recipe is, and how much that varies.
public struct CrossValidation: Sendable {
    public var options: TrainingOptions
    /// 2 to the number of samples.
    public var folds: Int

    public init(_ options: TrainingOptions, folds: Int) {
        self.options = options
        self.folds = folds
    }

    /// Trains `model` from the start on all folds but one, for each one, and evaluates on that one.
    /// - Parameter progress: called after every step with the fold, counted from 0; false ends the run.
    /// - Returns: an evaluation a fold; nil where `progress` ended the run.
    /// - Throws: `TrainError`, `DataError` where model, data and options do not fit.
    public func run(
        _ model: Model, on dataset: any Dataset, teacher: Model? = nil,
        progress: (Int, TrainingProgress) throws -> Bool = { _, _ in true }
    ) throws -> CrossValidationResult? {
        let folds = try stratifiedFolds(dataset, count: folds, seed: options.seed)
        var evaluations: [Evaluation] = []
        for index in folds.indices {
            let others = folds.enumerated().filter { $0.offset != index }.flatMap(\.element).sorted()
            let trained = try Trainer(options).train(
                model, on: try Subset(dataset, indices: others), teacher: teacher
            ) { try progress(index, $0) }
            guard trained.isFinished else { return nil }
            let held = try Subset(dataset, indices: folds[index])
            evaluations.append(try trained.model.evaluate(on: held, loss: options.loss, threads: options.threads))
        }
        return CrossValidationResult(evaluations)
    }
}

/// The folds' evaluations, and what they come to.
public struct CrossValidationResult: Sendable, Equatable {
    public var folds: [Evaluation]

    public init(_ folds: [Evaluation]) { self.folds = folds }

    /// Of the accuracies, or of the root mean squared errors in regression.
    public var mean: Double { figures.reduce(0, +) / Double(figures.count) }

    /// The sample standard deviation of the same, with `folds - 1` below.
    public var standardDeviation: Double {
        let mean = mean
        let squares = figures.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(max(1, figures.count - 1))).squareRoot()
    }

    private var figures: [Double] { folds.map { $0.accuracy ?? $0.rootMeanSquaredError ?? .nan } }
}
