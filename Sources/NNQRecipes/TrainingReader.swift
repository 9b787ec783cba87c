// SPDX-License-Identifier: Apache-2.0
// The `training` section of a recipe.

import NNQData
import NNQTrain

/// Reads training options; what a recipe leaves out keeps its default.
enum TrainingReader {
    static func options(_ value: Value) throws -> TrainingOptions {
        let members = try value.members([
            "epochs", "batch_size", "loss", "optimizer", "schedule", "weight_decay", "augmentation",
        ])
        var options = TrainingOptions()
        if let epochs = members["epochs"] { options.epochs = try epochs.int(1...1_000_000) }
        if let size = members["batch_size"] { options.batchSize = try size.int(1...65536) }
        if let loss = members["loss"] { options.loss = try loss.word(Loss.self) }
        if let decay = members["weight_decay"] { options.weightDecay = try decay.float(0...1) }
        if let optimizer = members["optimizer"] { options.optimizer = try self.optimizer(optimizer) }
        if let schedule = members["schedule"] { options.schedule = try self.schedule(schedule) }
        if let augmentation = members["augmentation"] { options.augmentation = try self.augmentation(augmentation) }
        return options
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
        let members = try value.members(["flip", "crop", "shift"])
        return Augmentation(
            flip: try members["flip"]?.bool() ?? false, crop: try members["crop"]?.int(0...255) ?? 0,
            shift: try members["shift"]?.int(0...255) ?? 0)
    }
}
