// SPDX-License-Identifier: Apache-2.0
// An engine and the batches that it learns from: shuffled, augmented, softened, mixed, and seen by the teacher.

import NNQData
import NNQGraph

/// Learns batch after batch.
struct TrainingCourse {
    let engine: TrainingEngine
    private(set) var batches: Batches
    private let targets: TargetBuffer
    private let mixup: Mixup?
    private let teacher: Teacher?

    /// - Throws: `TrainError` where model, data, options and teacher do not fit.
    init(_ model: Model, _ dataset: any Dataset, options: TrainingOptions, teacher: Model?) throws {
        let loss = options.loss ?? .usual(for: model.metadata.task)
        try options.validate(for: loss)
        let batch = min(options.batchSize, dataset.count)
        batches = try Batches(
            dataset, for: model, batchSize: batch, seed: options.seed, shuffle: true, dropLast: true,
            augmentation: options.augmentation)
        engine = try TrainingEngine(model, batch: batch, loss: loss, options: options)
        mixup = options.mixup > 0 ? Mixup(alpha: options.mixup, seed: options.seed) : nil
        let softening = TargetSoftening(
            labelSmoothing: options.labelSmoothing, classWeights: try options.classWeights.weights(for: dataset),
            mixes: mixup != nil)
        targets = try TargetBuffer(
            dataset, loss: loss, outputs: engine.outputCount, batch: batch, softening: softening)
        guard (teacher != nil) == (options.distillation != nil) else {
            throw TrainError("distillation needs both a teacher, --distill TEACHER.safetensors, and its settings")
        }
        self.teacher = try teacher.map { [engine] in
            try Teacher($0, for: model, outputs: engine.outputCount, batch: batch, threads: options.threads)
        }
    }

    /// Goes on at a step, counted from 0.
    mutating func resume(atStep step: Int, seed: UInt64) {
        engine.step = UInt64(step)
        batches.resume(
            at: BatchPosition(
                seed: seed, epoch: step / batches.batchesPerEpoch, batch: step % batches.batchesPerEpoch))
    }

    /// Learns from the next batch.
    mutating func learn(rate: Float) throws -> LossValue {
        let input = engine.input
        _ = targets.fill(input, from: &batches)
        mixup?.mix(input, targets, step: engine.step)
        targets.teacherLogits = try teacher?.logits(input)
        return try engine.learn(targets, rate: rate)
    }
}
