// SPDX-License-Identifier: Apache-2.0
// Training options as JSON, as checkpoints hold them.

import NNQData

extension TrainingOptions: Codable {
    private enum Key: String, CodingKey {
        case epochs
        case batchSize = "batch_size"
        case optimizer, schedule, loss
        case weightDecay = "weight_decay"
        case weightDecayGroups = "weight_decay_groups"
        case augmentation, mixup
        case labelSmoothing = "label_smoothing"
        case classWeights = "class_weights"
        case clipNorm = "clip_norm"
        case averageDecay = "average_decay"
        case validationShare = "validation"
        case patience
        case keepsBest = "keep_best"
        case distillation, seed, threads
    }

    /// What is left out keeps its default.
    public init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: Key.self)
        func read<Setting: Decodable>(_ key: Key, _ setting: inout Setting) throws {
            setting = try container.decodeIfPresent(Setting.self, forKey: key) ?? setting
        }
        try read(.epochs, &epochs)
        try read(.batchSize, &batchSize)
        try read(.optimizer, &optimizer)
        try read(.schedule, &schedule)
        loss = try container.decodeIfPresent(Loss.self, forKey: .loss)
        try read(.weightDecay, &weightDecay)
        try read(.weightDecayGroups, &weightDecayGroups)
        try read(.augmentation, &augmentation)
        try read(.mixup, &mixup)
        try read(.labelSmoothing, &labelSmoothing)
        try read(.classWeights, &classWeights)
        clipNorm = try container.decodeIfPresent(Float.self, forKey: .clipNorm)
        averageDecay = try container.decodeIfPresent(Float.self, forKey: .averageDecay)
        try read(.validationShare, &validationShare)
        patience = try container.decodeIfPresent(Int.self, forKey: .patience)
        try read(.keepsBest, &keepsBest)
        distillation = try container.decodeIfPresent(Distillation.self, forKey: .distillation)
        try read(.seed, &seed)
        try read(.threads, &threads)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(epochs, forKey: .epochs)
        try container.encode(batchSize, forKey: .batchSize)
        try container.encode(optimizer, forKey: .optimizer)
        try container.encode(schedule, forKey: .schedule)
        try container.encodeIfPresent(loss, forKey: .loss)
        try container.encode(weightDecay, forKey: .weightDecay)
        try container.encode(weightDecayGroups, forKey: .weightDecayGroups)
        try container.encode(augmentation, forKey: .augmentation)
        try container.encode(mixup, forKey: .mixup)
        try container.encode(labelSmoothing, forKey: .labelSmoothing)
        try container.encode(classWeights, forKey: .classWeights)
        try container.encodeIfPresent(clipNorm, forKey: .clipNorm)
        try container.encodeIfPresent(averageDecay, forKey: .averageDecay)
        try container.encode(validationShare, forKey: .validationShare)
        try container.encodeIfPresent(patience, forKey: .patience)
        try container.encode(keepsBest, forKey: .keepsBest)
        try container.encodeIfPresent(distillation, forKey: .distillation)
        try container.encode(seed, forKey: .seed)
        try container.encode(threads, forKey: .threads)
    }
}
