// SPDX-License-Identifier: Apache-2.0
// Learning from a larger network's answers, or from several networks'.

/// How much a teacher counts (Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015). The loss
/// is `(1 - weight) * hard + weight * temperature^2 * soft`, soft being the cross-entropy between the softmaxes of both
/// networks' logits, divided by the temperature. Several teachers answer with the mean of their logits, which is the
/// geometric mean of their softmaxes at any temperature.
public struct Distillation: Codable, Sendable, Equatable {
    /// Above 0; 2 to 5 are usual. Higher shows more of what the teacher thinks of wrong classes.
    public var temperature: Float
    /// 0 to 1.
    public var weight: Float

    public init(temperature: Float = 4, weight: Float = 0.7) {
        self.temperature = temperature
        self.weight = weight
    }

    func validate() throws {
        guard temperature > 0, temperature.isFinite else {
            throw TrainError("the distillation temperature is \(temperature); it must be above 0, 2 to 5 is usual")
        }
        guard (0...1).contains(weight) else {
            throw TrainError("the distillation weight is \(weight); it lies between 0 and 1")
        }
    }
}
