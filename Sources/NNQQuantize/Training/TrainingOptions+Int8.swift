// SPDX-License-Identifier: Apache-2.0
// How to train for int8 what was trained in float.

import NNQTrain

extension TrainingOptions {
    /// The settings of training for int8 that follow training with these: a fifth of the epochs, small steps that are
    /// parts of each layer's own length (LAMB; You et al., "Large Batch Optimization for Deep Learning", 2020), since
    /// weights and logarithms of scales differ much in size, and no weight decay, which would move what is good.
    public var forInt8: TrainingOptions {
        var options = self
        options.epochs = max(1, epochs / 5)
        options.optimizer = Optimizer(.lamb, learningRate: 0.001)
        options.weightDecay = 0
        options.weightDecayGroups = WeightDecayGroups()
        options.schedule = .cosine(warmup: 0.1)
        return options
    }
}
