// SPDX-License-Identifier: Apache-2.0
// Targets that say less than one class: smoothed labels, weighted classes, mixed samples.

/// How the targets that a loss sees differ from the data set's.
package struct TargetSoftening: Sendable, Equatable {
    /// The part of a label that is spread over all classes alike (Szegedy et al., "Rethinking the Inception
    /// Architecture", 2016): the target is `1 - e + e / classes` at the label and `e / classes` elsewhere.
    package var labelSmoothing: Float
    /// What a sample of each class counts; nil for 1.
    package var classWeights: [Float]?
    /// True where samples are mixed, so that a label is not enough.
    package var mixes: Bool

    package init(labelSmoothing: Float = 0, classWeights: [Float]? = nil, mixes: Bool = false) {
        self.labelSmoothing = labelSmoothing
        self.classWeights = classWeights
        self.mixes = mixes
    }

    package static let none = TargetSoftening()

    var isSoft: Bool { self != .none }
}

extension TargetBuffer {
    /// Shares and weights of the first `rows` samples from their labels and values.
    func soften(_ rows: Int) {
        let smoothing = softening.labelSmoothing
        if let shares {
            let classes = values.count / labels.count
            for row in 0..<rows {
                let label = Int(labels[row])
                let weight = softening.classWeights?[label] ?? 1
                for index in 0..<classes {
                    let share = smoothing / Float(classes) + (index == label ? 1 - smoothing : 0)
                    shares[row * classes + index] = weight * share
                }
            }
        } else {
            if let weights { for row in 0..<rows { weights[row] = softening.classWeights![Int(labels[row])] } }
            guard smoothing > 0 else { return }
            for index in 0..<rows * (values.count / labels.count) {
                values[index] = values[index] * (1 - smoothing) + smoothing / 2
            }
        }
    }

    /// Makes each sample's target `lambda` of its own and the rest of its partner's, the whole batch at once.
    ///
    /// All losses but the squared error are linear in the target, so that the mixed loss is the mix of the losses, also
    /// where samples count differently.
    func mix(_ lambda: Float, partners: [Int]) {
        if let shares { return Self.mix(shares, lambda, partners) }
        guard let weights else { return Self.mix(values, lambda, partners) }
        let columns = values.count / labels.count
        for row in 0..<labels.count { for column in 0..<columns { values[row * columns + column] *= weights[row] } }
        Self.mix(values, lambda, partners)
        Self.mix(weights, lambda, partners)
        for row in 0..<labels.count where weights[row] > 0 {
            for column in 0..<columns { values[row * columns + column] /= weights[row] }
        }
    }

    private static func mix(_ rows: UnsafeMutableBufferPointer<Float>, _ lambda: Float, _ partners: [Int]) {
        let before = Array(rows)
        let width = rows.count / partners.count
        for (row, partner) in partners.enumerated() {
            for index in 0..<width {
                rows[row * width + index] =
                    lambda * before[row * width + index] + (1 - lambda) * before[partner * width + index]
            }
        }
    }
}
