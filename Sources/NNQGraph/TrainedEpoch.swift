// SPDX-License-Identifier: Apache-2.0
// What a model's training reached, epoch by epoch.

/// One pass over the training set.
public struct TrainedEpoch: Hashable, Codable, Sendable {
    /// Means over the epoch's samples, each as it was when its batch came.
    public var loss: Double
    /// 0 ... 1; nil for regression.
    public var accuracy: Double?
    /// On samples that were held out; nil where none were.
    public var validationLoss: Double?
    public var validationAccuracy: Double?

    public init(
        loss: Double, accuracy: Double? = nil, validationLoss: Double? = nil, validationAccuracy: Double? = nil
    ) {
        (self.loss, self.accuracy) = (loss, accuracy)
        (self.validationLoss, self.validationAccuracy) = (validationLoss, validationAccuracy)
    }

    private enum CodingKeys: String, CodingKey {
        case loss, accuracy
        case validationLoss = "validation_loss"
        case validationAccuracy = "validation_accuracy"
    }
}
