// SPDX-License-Identifier: Apache-2.0
// Which options make no sense, as sentences.

extension TrainingOptions {
    func validate() throws {
        guard epochs >= 1 else { throw TrainError("epochs is \(epochs); use at least 1") }
        guard batchSize >= 1 else { throw TrainError("the batch size is \(batchSize); use at least 1") }
        guard weightDecay >= 0, weightDecay.isFinite else {
            throw TrainError("weight decay is \(weightDecay); use 0 or more, 0.0001 is usual")
        }
        guard mixup >= 0, mixup.isFinite else { throw TrainError("mixup is \(mixup); use 0 or more, 0.2 is usual") }
        guard labelSmoothing >= 0, labelSmoothing < 1 else {
            throw TrainError("label smoothing is \(labelSmoothing); it lies between 0 and 1, 0.1 is usual")
        }
        if let clipNorm {
            guard clipNorm > 0, clipNorm.isFinite else {
                throw TrainError("the gradients' norm is to be clipped to \(clipNorm); use more than 0, 1 is usual")
            }
        }
        if let averageDecay {
            guard averageDecay >= 0, averageDecay < 1 else {
                throw TrainError("the averages' decay is \(averageDecay); it lies between 0 and 1, 0.999 is usual")
            }
        }
        try validateValidation()
        try weightDecayGroups.validate()
        try classWeights.validate()
        try distillation?.validate()
        try optimizer.validate()
        try schedule.validate()
    }

    private func validateValidation() throws {
        guard validationShare >= 0, validationShare < 1 else {
            throw TrainError("the validation part is \(validationShare); it lies between 0 and 1, 0.1 is usual")
        }
        if let patience {
            guard patience >= 1 else { throw TrainError("patience is \(patience) epochs; use at least 1") }
        }
    }

    /// What only some losses have.
    func validate(for loss: Loss) throws {
        if loss == .squaredError {
            guard labelSmoothing == 0 else {
                throw TrainError("label smoothing is for cross_entropy and binary_cross_entropy: leave it out")
            }
            guard classWeights == .equal else {
                throw TrainError("class weights are for cross_entropy and binary_cross_entropy: leave them out")
            }
        }
        guard distillation == nil || loss == .crossEntropy else {
            throw TrainError("distillation is for cross_entropy; the loss is \(loss.rawValue)")
        }
    }
}
