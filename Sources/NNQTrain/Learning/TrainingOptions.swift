// SPDX-License-Identifier: Apache-2.0
// Everything that decides how a model is trained.

import NNQData

/// How to train. Equal options, data and machine give equal weights, bit for bit.
public struct TrainingOptions: Equatable, Sendable {
    public var epochs: Int
    /// Samples a step; a set smaller than that is one batch. What does not fill a last batch sits out that epoch.
    public var batchSize: Int
    public var optimizer: Optimizer
    public var schedule: Schedule
    /// nil takes the one that suits the model's task.
    public var loss: Loss?
    /// Pull towards 0 on the weights of dense and convolution layers; biases and batch norm's parameters feel none.
    public var weightDecay: Float
    public var augmentation: Augmentation
    /// For shuffling, augmentation and dropout.
    public var seed: UInt64
    /// 0 takes one for each processor. Another number of threads may change the last bits of the weights.
    public var threads: Int

    public init(
        epochs: Int = 10, batchSize: Int = 64, optimizer: Optimizer = .adam(), schedule: Schedule = .fixed,
        loss: Loss? = nil, weightDecay: Float = 0, augmentation: Augmentation = .none, seed: UInt64 = 1,
        threads: Int = 0
    ) {
        self.epochs = epochs
        self.batchSize = batchSize
        self.optimizer = optimizer
        self.schedule = schedule
        self.loss = loss
        self.weightDecay = weightDecay
        self.augmentation = augmentation
        self.seed = seed
        self.threads = threads
    }

    func validate() throws {
        guard epochs >= 1 else { throw TrainError("epochs is \(epochs); use at least 1") }
        guard batchSize >= 1 else { throw TrainError("the batch size is \(batchSize); use at least 1") }
        guard weightDecay >= 0, weightDecay.isFinite else {
            throw TrainError("weight decay is \(weightDecay); use 0 or more, 0.0001 is usual")
        }
        try optimizer.validate()
        try schedule.validate()
    }
}


extension TrainingOptions: Codable {
    private enum Key: String, CodingKey {
        case epochs
        case batchSize = "batch_size"
        case optimizer, schedule, loss
        case weightDecay = "weight_decay"
        case augmentation, seed, threads
    }

    /// What is left out keeps its default.
    public init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: Key.self)
        epochs = try container.decodeIfPresent(Int.self, forKey: .epochs) ?? epochs
        batchSize = try container.decodeIfPresent(Int.self, forKey: .batchSize) ?? batchSize
        optimizer = try container.decodeIfPresent(Optimizer.self, forKey: .optimizer) ?? optimizer
        schedule = try container.decodeIfPresent(Schedule.self, forKey: .schedule) ?? schedule
        loss = try container.decodeIfPresent(Loss.self, forKey: .loss)
        weightDecay = try container.decodeIfPresent(Float.self, forKey: .weightDecay) ?? weightDecay
        augmentation = try container.decodeIfPresent(Augmentation.self, forKey: .augmentation) ?? augmentation
        seed = try container.decodeIfPresent(UInt64.self, forKey: .seed) ?? seed
        threads = try container.decodeIfPresent(Int.self, forKey: .threads) ?? threads
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(epochs, forKey: .epochs)
        try container.encode(batchSize, forKey: .batchSize)
        try container.encode(optimizer, forKey: .optimizer)
        try container.encode(schedule, forKey: .schedule)
        try container.encodeIfPresent(loss, forKey: .loss)
        try container.encode(weightDecay, forKey: .weightDecay)
        try container.encode(augmentation, forKey: .augmentation)
        try container.encode(seed, forKey: .seed)
        try container.encode(threads, forKey: .threads)
    }
}
