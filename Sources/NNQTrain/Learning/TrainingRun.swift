// SPDX-License-Identifier: Apache-2.0
// The state of a run between two steps.

import Foundation
import NNQData
import NNQGraph

struct TrainingRun {
    private let model: Model
    private let options: TrainingOptions
    private let engine: TrainingEngine
    private let targets: TargetBuffer
    private let validation: (any Dataset)?
    private var validator: FloatEngine?
    private var batches: Batches
    private var lossSum = 0.0
    private var hits = 0
    private var summaries: [EpochSummary] = []
    private var seconds = 0.0
    private var samples = 0
    private var step = 0

    init(
        _ model: Model, _ dataset: any Dataset, validation: (any Dataset)?, options: TrainingOptions,
        resuming checkpoint: Checkpoint?
    ) throws {
        let model = checkpoint?.model ?? model
        self.model = model
        self.options = checkpoint.map { $0.options(extending: options) } ?? options
        self.validation = validation
        try self.options.validate()
        let loss = self.options.loss ?? .usual(for: model.metadata.task)
        let batch = min(self.options.batchSize, dataset.count)
        batches = try Batches(
            dataset, for: model, batchSize: batch, seed: self.options.seed, shuffle: true, dropLast: true,
            augmentation: self.options.augmentation)
        engine = try TrainingEngine(model, batch: batch, loss: loss, options: self.options)
        targets = try TargetBuffer(dataset, loss: loss, outputs: engine.outputCount, batch: batch)
        if let checkpoint { try resume(checkpoint) }
    }

    private mutating func resume(_ checkpoint: Checkpoint) throws {
        let progress = checkpoint.progress
        guard progress.samples == batches.dataset.count, progress.step <= steps else {
            throw TrainError(
                "the checkpoint was made with \(progress.samples) samples and after \(progress.step) steps; this run "
                    + "has \(batches.dataset.count) samples and \(steps) steps: use the same data and at least as "
                    + "many epochs")
        }
        try engine.writeStates(checkpoint.optimizerState)
        engine.step = UInt64(progress.step)
        step = progress.step
        lossSum = progress.lossSum
        hits = progress.hits
        summaries = progress.epochs
        batches.resume(at: BatchPosition(
            seed: options.seed, epoch: step / batches.batchesPerEpoch, batch: step % batches.batchesPerEpoch))
    }

    private var steps: Int { options.epochs * batches.batchesPerEpoch }
    var isFinished: Bool { step >= steps }

    /// One step, and at an epoch's end its evaluation.
    mutating func advance() throws -> TrainingProgress {
        let start = ContinuousClock.now
        let perEpoch = batches.batchesPerEpoch
        if step % perEpoch == 0 { (lossSum, hits) = (0, 0) }
        let factor = options.schedule.factor(step: step, stepsPerEpoch: perEpoch, epochs: options.epochs)
        let rate = Double(options.optimizer.learningRate) * factor
        _ = targets.fill(engine.input, from: &batches)
        let value = try engine.learn(targets, rate: Float(rate))
        guard value.loss.isFinite else { throw diverged() }
        step += 1
        samples += engine.batch
        lossSum += value.loss
        hits += value.hits
        seconds += (ContinuousClock.now - start) / .seconds(1)
        let summary = try step % perEpoch == 0 ? endEpoch() : nil
        let done = (step - 1) % perEpoch + 1
        return TrainingProgress(
            epoch: (step - 1) / perEpoch + 1, epochs: options.epochs, step: step, steps: steps, stepsPerEpoch: perEpoch,
            loss: lossSum / Double(done), accuracy: accuracy(done), learningRate: rate,
            samplesPerSecond: Double(samples) / seconds, summary: summary)
    }

    private func accuracy(_ batchesDone: Int) -> Double? {
        model.metadata.task == .regression ? nil : Double(hits) / Double(batchesDone * engine.batch)
    }

    private mutating func endEpoch() throws -> EpochSummary {
        let perEpoch = batches.batchesPerEpoch
        var summary = EpochSummary(
            epoch: step / perEpoch, loss: lossSum / Double(perEpoch), accuracy: accuracy(perEpoch))
        if let validation {
            let trained = try trainedModel()
            if let validator { try validator.load(trained.parameters) } else {
                validator = try FloatEngine(
                    trained, batch: min(options.batchSize, validation.count), threads: options.threads)
            }
            summary.validation = try validator!.evaluate(trained, on: validation, loss: options.loss)
        }
        summaries.append(summary)
        return summary
    }

    private func diverged() -> TrainError {
        let perEpoch = batches.batchesPerEpoch
        return TrainError(
            "the loss is not a finite number in epoch \(step / perEpoch + 1), batch \(step % perEpoch + 1) of "
                + "\(perEpoch): lower the learning rate (it is \(options.optimizer.learningRate)), or warm up, or "
                + "check the data for extreme values")
    }

    private func trainedModel() throws -> Model {
        var trained = model
        for (name, tensor) in try engine.readParameters() {
            guard tensor.values.allSatisfy(\.isFinite) else { throw diverged() }
            trained.parameters[name] = tensor
        }
        return trained
    }

    func result() throws -> TrainingResult {
        let trained = try trainedModel()
        let progress = Checkpoint.Progress(
            step: step, samples: batches.dataset.count, lossSum: lossSum, hits: hits, epochs: summaries)
        return TrainingResult(
            model: trained, isFinished: isFinished,
            checkpoint: Checkpoint(
                model: trained, options: options, optimizerState: try engine.readStates(), progress: progress),
            epochs: summaries, samplesPerSecond: seconds > 0 ? Double(samples) / seconds : 0)
    }
}
