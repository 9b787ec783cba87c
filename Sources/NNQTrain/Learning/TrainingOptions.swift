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
    /// Pull towards 0 on the weights of dense and convolution layers.
    public var weightDecay: Float
    /// The same pull on biases and batch norm's parameters, none unless it is set, and on depthwise filters.
    public var weightDecayGroups = WeightDecayGroups()
    public var augmentation: Augmentation
    /// Mixup's alpha, 0 for none: samples of a batch are mixed, with lambda from Beta(alpha, alpha). 0.1 to 0.4 is
    /// usual.
    public var mixup: Float = 0
    /// The part of each label that is spread over all classes, 0 up to but not 1; 0.1 is usual. Reported losses are
    /// those of the smoothed labels in training, and of the labels in validation.
    public var labelSmoothing: Float = 0
    /// What samples count by their class, in training; validation counts all alike.
    public var classWeights: ClassWeights = .equal
    /// Gradients longer than this, all parameters' together, are scaled to it; nil for no limit.
    public var clipNorm: Float?
    /// Decay of a moving average of the weights and running statistics, which is validated and written in their place;
    /// nil for none. At least 0 and below 1; 0.999 is usual.
    public var averageDecay: Float?
    /// The part of the training set that is held out, each class alike, and evaluated after every epoch; 0 for none.
    public var validationShare: Double = 0
    /// Ends training after so many epochs without a better validation, and writes the best weights; nil goes on.
    public var patience: Int?
    /// Writes the weights of the epoch with the best validation instead of the last ones.
    public var keepsBest = false
    /// How much a teacher counts, where one is given.
    public var distillation: Distillation?
    /// For shuffling, augmentation, mixing, the validation part and dropout.
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

    /// Whether the best weights rather than the last are the result.
    var writesBest: Bool { keepsBest || patience != nil }
}
