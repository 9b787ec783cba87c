// SPDX-License-Identifier: Apache-2.0
// The `training` section of a recipe.

import NNQData
import NNQTrain

/// Reads training options; what a recipe leaves out keeps its default.
enum TrainingReader {
    static func options(_ value: Value) throws -> TrainingOptions {
        let members = try value.members([
            "epochs", "batch_size", "loss", "optimizer", "schedule", "weight_decay", "augmentation", "mixup",
            "label_smoothing", "class_weights", "clip_norm", "average_decay", "validation", "patience", "keep_best",
            "distillation",
        ])
        var options = TrainingOptions()
        if let epochs = members["epochs"] { options.epochs = try epochs.int(1...1_000_000) }
        if let size = members["batch_size"] { options.batchSize = try size.int(1...65536) }
        if let loss = members["loss"] { options.loss = try loss.word(Loss.self) }
        if let decay = members["weight_decay"] { try weightDecay(decay, &options) }
        if let optimizer = members["optimizer"] { options.optimizer = try self.optimizer(optimizer) }
        if let schedule = members["schedule"] { options.schedule = try self.schedule(schedule) }
        if let augmentation = members["augmentation"] { options.augmentation = try self.augmentation(augmentation) }
        try regularization(members, &options)
        try validation(members, &options)
        return options
    }

    private static func regularization(_ members: [String: Value], _ options: inout TrainingOptions) throws {
        if let mixup = members["mixup"] { options.mixup = try mixup.float(0...100) }
        if let smoothing = members["label_smoothing"] { options.labelSmoothing = try smoothing.float(0...0.999) }
        if let weights = members["class_weights"] { options.classWeights = try classWeights(weights) }
        if let norm = members["clip_norm"] { options.clipNorm = try norm.float(1e-6...1e6) }
        if let decay = members["average_decay"] { options.averageDecay = try decay.float(0...0.99999) }
        if let distillation = members["distillation"] { options.distillation = try self.distillation(distillation) }
    }

    private static func validation(_ members: [String: Value], _ options: inout TrainingOptions) throws {
        if let share = members["validation"] { options.validationShare = Double(try share.float(0...0.9)) }
        if let patience = members["patience"] { options.patience = try patience.int(1...1_000_000) }
        if let best = members["keep_best"] { options.keepsBest = try best.bool() }
        let asking = members["patience"] ?? (options.keepsBest ? members["keep_best"] : nil)
        guard options.validationShare == 0, let asking else { return }
        throw asking.error("needs samples to validate on: add 'validation: 0.1'")
    }

    /// One number for weights, or `{weights: 0.0005, depthwise: 0, biases: 0, batch_norm: 0}`.
    private static func weightDecay(_ value: Value, _ options: inout TrainingOptions) throws {
        guard value.node.mapping != nil else {
            options.weightDecay = try value.float(0...1)
            return
        }
        let members = try value.members(["weights", "depthwise", "biases", "batch_norm"])
        options.weightDecay = try members["weights"]?.float(0...1) ?? 0
        options.weightDecayGroups = WeightDecayGroups(
            depthwise: try members["depthwise"]?.float(0...1), biases: try members["biases"]?.float(0...1) ?? 0,
            batchNorm: try members["batch_norm"]?.float(0...1) ?? 0)
    }

    /// `balanced`, `equal`, or one number a class.
    private static func classWeights(_ value: Value) throws -> ClassWeights {
        switch value.text {
        case "balanced": return .balanced
        case "equal": return .equal
        default:
            guard value.node.sequence != nil else {
                throw value.error("'\(value.text)' is none of equal, balanced, or a list of one number a class")
            }
            return .given(try value.list().map { try $0.float(0...1e6) })
        }
    }

    private static func distillation(_ value: Value) throws -> Distillation {
        let members = try value.members(["temperature", "weight"])
        let usual = Distillation()
        return Distillation(
            temperature: try members["temperature"]?.float(0.01...1000) ?? usual.temperature,
            weight: try members["weight"]?.float(0...1) ?? usual.weight)
    }

    private static func optimizer(_ value: Value) throws -> Optimizer {
        let members = try value.members(["kind", "learning_rate", "momentum", "beta1", "beta2", "epsilon"])
        guard let kind = members["kind"], let rate = members["learning_rate"] else {
            throw value.error("kind and learning_rate are needed: {kind: adam, learning_rate: 0.001}")
        }
        var optimizer = Optimizer(try kind.word(Optimizer.Kind.self), learningRate: try rate.float(1e-9...1e3))
        if let momentum = members["momentum"] { optimizer.momentum = try momentum.float(0...0.9999) }
        if let beta1 = members["beta1"] { optimizer.beta1 = try beta1.float(0...0.9999) }
        if let beta2 = members["beta2"] { optimizer.beta2 = try beta2.float(0...0.99999) }
        if let epsilon = members["epsilon"] { optimizer.epsilon = try epsilon.float(1e-12...1) }
        return optimizer
    }

    private static func schedule(_ value: Value) throws -> Schedule {
        let members = try value.members(["kind", "factor", "every", "warmup"])
        guard let kind = try members["kind"]?.word(Schedule.Kind.self) else { throw value.error("kind is missing") }
        let usual: Double = kind == .cosine ? 0 : kind == .fixed ? 1 : 0.1
        return Schedule(
            kind, factor: try members["factor"].map { Double(try $0.float(0...1)) } ?? usual,
            every: try members["every"].map { Double(try $0.float(0.001...1e6)) } ?? 1,
            warmup: try members["warmup"].map { Double(try $0.float(0...1e6)) } ?? 0)
    }

    private static func augmentation(_ value: Value) throws -> Augmentation {
        let members = try value.members(["flip", "crop", "shift", "cutout"])
        return Augmentation(
            flip: try members["flip"]?.bool() ?? false, crop: try members["crop"]?.int(0...255) ?? 0,
            shift: try members["shift"]?.int(0...255) ?? 0, cutout: try members["cutout"]?.int(0...65535) ?? 0)
    }
}
