// SPDX-License-Identifier: Apache-2.0
// The state of a run between two steps.

import Foundation
import NNQData
import NNQGraph

struct TrainingRun {
    private var model: Model
    private let change: ModelChange?
    private let learnt: any Dataset
    private let teacherModel: Model?
    private let options: TrainingOptions
    /// The teacher's hash, nil without one.
    private let teacher: String?
    private var course: TrainingCourse
    private var judge: ValidationJudge?
    private var lossSum = 0.0
    private var hits = 0
    private var summaries: [EpochSummary] = []
    private var seconds = 0.0
    private var samples = 0
    private var step = 0

    init(
        _ model: Model, _ dataset: any Dataset, validation: (any Dataset)?, teacher: Model?, options: TrainingOptions,
        change: ModelChange?, resuming checkpoint: Checkpoint?
    ) throws {
        let model = checkpoint?.model ?? model
        let options = checkpoint.map { $0.options(extending: options) } ?? options
        try options.validate()
        let (learnt, held) = try Self.parts(dataset, validation, options)
        self.model = model
        self.change = change
        self.learnt = learnt
        teacherModel = teacher
        self.options = options
        judge = held.map { ValidationJudge($0, options: options) }
        course = try TrainingCourse(model, learnt, options: options, teacher: teacher)
        self.teacher = try teacher.map { teacher in
            var hash = SHA256()
            hash.update(try teacher.safeTensors().bytes())
            return hash.hexDigest()
        }
        if let checkpoint { try resume(checkpoint) }
    }

    /// What is learnt, and what is held back to validate on.
    private static func parts(
        _ dataset: any Dataset, _ validation: (any Dataset)?, _ options: TrainingOptions
    ) throws -> (any Dataset, (any Dataset)?) {
        if options.validationShare > 0 {
            guard validation == nil else {
                throw TrainError("a validation set was given and a validation part is to be held out: choose one")
            }
            let parts = try holdOut(dataset, share: options.validationShare, seed: options.seed)
            return (parts.rest, parts.held)
        }
        guard validation != nil || !options.writesBest else {
            throw TrainError(
                "patience and keep_best need samples to validate on: hold a part out, --validation 0.1 for example")
        }
        return (dataset, validation)
    }

    private mutating func resume(_ checkpoint: Checkpoint) throws {
        let progress = checkpoint.progress
        guard progress.samples == course.batches.dataset.count, progress.step <= steps else {
            throw TrainError(
                "the checkpoint was made with \(progress.samples) samples and after \(progress.step) steps; this run "
                    + "has \(course.batches.dataset.count) samples and \(steps) steps: use the same data and at least "
                    + "as many epochs")
        }
        guard progress.teacher == teacher else {
            throw TrainError("the checkpoint was made with another teacher: name the same one, or start anew")
        }
        try course.engine.writeStates(checkpoint.optimizerState)
        try course.engine.writeAverages(checkpoint.averages)
        course.resume(atStep: progress.step, seed: options.seed)
        step = progress.step
        lossSum = progress.lossSum
        hits = progress.hits
        summaries = progress.epochs
        if let epoch = progress.bestEpoch, epoch <= summaries.count, let evaluation = summaries[epoch - 1].validation {
            judge?.best = ValidationJudge.Best(
                epoch: epoch, evaluation: evaluation,
                parameters: checkpoint.bestParameters.isEmpty ? nil : checkpoint.bestParameters)
        }
    }

    private var steps: Int { options.epochs * course.batches.batchesPerEpoch }

    var isFinished: Bool {
        let isEpochDone = step % course.batches.batchesPerEpoch == 0
        return step >= steps || (isEpochDone && judge?.isPatienceOver(after: summaries.count) == true)
    }

    /// One step, and at an epoch's end its evaluation.
    mutating func advance() throws -> TrainingProgress {
        let start = ContinuousClock.now
        let perEpoch = course.batches.batchesPerEpoch
        if step % perEpoch == 0 {
            (lossSum, hits) = (0, 0)
            try changeModel()
        }
        let factor = options.schedule.factor(step: step, stepsPerEpoch: perEpoch, epochs: options.epochs)
        let rate = Double(options.optimizer.learningRate) * factor
        let value = try course.learn(rate: Float(rate))
        guard value.loss.isFinite else { throw diverged() }
        step += 1
        samples += course.engine.batch
        lossSum += value.loss
        hits += value.hits
        seconds += (ContinuousClock.now - start) / .seconds(1)
        let summary = try step % perEpoch == 0 ? endEpoch() : nil
        let done = (step - 1) % perEpoch + 1
        return TrainingProgress(
            epoch: (step - 1) / perEpoch + 1, epochs: options.epochs, step: step, steps: steps, stepsPerEpoch: perEpoch,
            samplesPerStep: course.engine.batch, loss: lossSum / Double(done), accuracy: accuracy(done),
            learningRate: rate, samplesPerSecond: Double(samples) / seconds, summary: summary)
    }

    /// A checkpoint is written between two steps: it has the changed model once a step was made with it.
    private mutating func changeModel() throws {
        guard let change, step == change.epochs * course.batches.batchesPerEpoch else { return }
        model = try change.apply(try model(with: course.engine.readParameters()))
        course = try TrainingCourse(model, learnt, options: options, teacher: teacherModel)
        course.resume(atStep: step, seed: options.seed)
        judge?.best = nil
    }

    private func accuracy(_ batchesDone: Int) -> Double? {
        model.metadata.task == .regression ? nil : Double(hits) / Double(batchesDone * course.engine.batch)
    }

    private mutating func endEpoch() throws -> EpochSummary {
        let perEpoch = course.batches.batchesPerEpoch
        let epoch = step / perEpoch
        var summary = EpochSummary(epoch: epoch, loss: lossSum / Double(perEpoch), accuracy: accuracy(perEpoch))
        if judge != nil { summary.validation = try judge!.judge(try averagedModel(), epoch: epoch) }
        summaries.append(summary)
        return summary
    }

    private func diverged() -> TrainError {
        let perEpoch = course.batches.batchesPerEpoch
        return TrainError(
            "the loss is not a finite number in epoch \(step / perEpoch + 1), batch \(step % perEpoch + 1) of "
                + "\(perEpoch): lower the learning rate (it is \(options.optimizer.learningRate)), or warm up, or "
                + "check the data for extreme values")
    }

    private func model(with parameters: [String: Tensor]) throws -> Model {
        var trained = model
        for (name, tensor) in parameters {
            guard tensor.values.allSatisfy(\.isFinite) else { throw diverged() }
            trained.parameters[name] = tensor
        }
        return trained
    }

    private func averagedModel() throws -> Model {
        try model(with: try course.engine.readAverages() ?? course.engine.readParameters())
    }

    /// The best model where that is wanted and the run is over, else the one of the last step; with its history.
    private func resultingModel() throws -> Model {
        var result = try averagedModel()
        if isFinished, let parameters = judge?.best?.parameters { result = try model(with: parameters) }
        if !summaries.isEmpty {
            result.metadata.history = (model.metadata.history ?? []) + summaries.map(TrainedEpoch.init)
        }
        return result
    }

    func result() throws -> TrainingResult {
        let progress = Checkpoint.Progress(
            step: step, samples: course.batches.dataset.count, lossSum: lossSum, hits: hits, epochs: summaries,
            bestEpoch: judge?.best?.epoch, teacher: teacher)
        let checkpoint = Checkpoint(
            model: try model(with: course.engine.readParameters()), options: options,
            optimizerState: try course.engine.readStates(), averages: try course.engine.readAverages() ?? [:],
            bestParameters: judge?.best?.parameters ?? [:], progress: progress)
        return TrainingResult(
            model: try resultingModel(), isFinished: isFinished, checkpoint: checkpoint, epochs: summaries,
            bestEpoch: judge?.best?.parameters == nil ? nil : judge?.best?.epoch,
            samplesPerSecond: seconds > 0 ? Double(samples) / seconds : 0)
    }
}
