// SPDX-License-Identifier: Apache-2.0
// Trains a model on a data set, step by step, until it is done or told to stop.

import CTrainKernels
import NNQData
import NNQGraph

/// Trains models.
///
///     let result = try Trainer(TrainingOptions(epochs: 5)).train(model, on: digits)
///     try result.model.write(to: "digits.safetensors")
public struct Trainer: Sendable {
    public var options: TrainingOptions

    public init(_ options: TrainingOptions = TrainingOptions()) { self.options = options }

    /// Makes this program train well beside others; to be called first of all in an executable, which it starts anew.
    ///
    /// OpenMP's threads, oneDNN's, spin for milliseconds wherever they wait for each other. Where another program wants
    /// a processor too, a spinning thread keeps it from the very thread that it waits for, and training may take ten
    /// times as long. Started anew, with `GOMP_SPINCOUNT` in its environment, they soon sleep. Does nothing where that
    /// or `OMP_WAIT_POLICY` is set.
    public static func shareProcessors() { nnq_share_processors(CommandLine.unsafeArgv) }

    /// Trains a model.
    ///
    /// Same options, data and thread count give the same bytes. A run that was stopped and resumed gives the bytes that
    /// an uninterrupted one gives.
    /// - Parameters:
    ///   - validation: Evaluated after every epoch; nil where `options.validationShare` holds a part out.
    ///   - teacher: Whose answers are learnt too, where `options.distillation` says how.
    ///   - change: What becomes of the model on the way.
    ///   - checkpoint: Where a stopped run left off; its model and options take the place of those given here, but for
    ///     `options.epochs` and `options.threads`.
    ///   - progress: Called after every step; false stops the run.
    /// - Throws: `TrainError` where model, data and options do not fit, or where the loss is not a number any more.
    public func train(
        _ model: Model, on dataset: any Dataset, validation: (any Dataset)? = nil,
        teacher: Model? = nil, changing change: ModelChange? = nil, resuming checkpoint: Checkpoint? = nil,
        progress: (TrainingProgress) throws -> Bool = { _ in true }
    ) throws -> TrainingResult {
        var run = try TrainingRun(
            model, dataset, validation: validation, teacher: teacher, options: options, change: change,
            resuming: checkpoint)
        while !run.isFinished {
            let report = try run.advance()
            guard try progress(report) else { return try run.result() }
        }
        return try run.result()
    }
}

/// A model that takes another's place between two epochs, made from it.
public struct ModelChange {
    /// Epochs done before it.
    public var epochs: Int
    /// The optimizer starts anew with the new model, and what was best before is forgotten.
    public var apply: (Model) throws -> Model

    public init(afterEpochs epochs: Int, _ apply: @escaping (Model) throws -> Model) {
        (self.epochs, self.apply) = (epochs, apply)
    }
}

/// What a finished or stopped run leaves.
public struct TrainingResult: Sendable {
    /// The model as trained so far, averaged where the options say so; of a finished run that keeps the best, that.
    public var model: Model
    /// False where `progress` stopped the run.
    public var isFinished: Bool
    /// All that `Trainer.train(resuming:)` needs to go on.
    public var checkpoint: Checkpoint
    /// What each epoch came to.
    public var epochs: [EpochSummary]
    /// The epoch that `model` is from, counted from 1, where the best is kept.
    public var bestEpoch: Int?
    /// Training speed over this run, evaluations left out.
    public var samplesPerSecond: Double
}

/// One epoch's figures.
public struct EpochSummary: Codable, Sendable, Equatable {
    /// Counted from 1.
    public var epoch: Int
    /// Means over the epoch's samples, each as it was when its batch came.
    public var loss: Double
    public var accuracy: Double?
    public var validation: Evaluation?
}

extension TrainedEpoch {
    init(_ summary: EpochSummary) {
        self.init(
            loss: summary.loss, accuracy: summary.accuracy, validationLoss: summary.validation?.loss,
            validationAccuracy: summary.validation?.accuracy)
    }
}

/// How far a run is.
public struct TrainingProgress: Sendable {
    /// Counted from 1.
    public var epoch: Int
    public var epochs: Int
    /// Steps done, of all epochs, and steps in all.
    public var step: Int
    public var steps: Int
    public var stepsPerEpoch: Int
    public var samplesPerStep: Int
    /// Means over this epoch's samples so far; the accuracy is nil in regression.
    public var loss: Double
    public var accuracy: Double?
    public var learningRate: Double
    /// Training speed so far, evaluations left out.
    public var samplesPerSecond: Double
    /// The epoch's summary, after its last step.
    public var summary: EpochSummary?
}
