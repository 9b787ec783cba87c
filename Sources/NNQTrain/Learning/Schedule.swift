// SPDX-License-Identifier: Apache-2.0
// How the learning rate changes over a run.

import Foundation

/// The learning rate's course, as a factor that changes from step to step.
public struct Schedule: Hashable, Sendable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        case fixed
        /// Times `factor` after every `every` epochs.
        case step
        /// Times `factor` an epoch, smoothly.
        case exponential
        /// Half a cosine from 1 down to `factor` at the last step (Loshchilov and Hutter, "SGDR", 2017).
        case cosine
    }

    public var kind: Kind
    /// Step's and exponential's multiplier, cosine's end.
    public var factor: Double
    /// Step's period in epochs.
    public var every: Double
    /// Epochs, also parts of one, in which the rate first rises linearly from 0; the course starts after them.
    public var warmup: Double

    public init(_ kind: Kind, factor: Double, every: Double = 1, warmup: Double = 0) {
        self.kind = kind
        self.factor = factor
        self.every = every
        self.warmup = warmup
    }

    public static let fixed = Schedule(.fixed, factor: 1)
    public static func step(every: Double, factor: Double = 0.1) -> Schedule {
        Schedule(.step, factor: factor, every: every)
    }
    public static func exponential(_ factor: Double) -> Schedule { Schedule(.exponential, factor: factor) }
    public static func cosine(to end: Double = 0, warmup: Double = 0) -> Schedule {
        Schedule(.cosine, factor: end, warmup: warmup)
    }

    /// The factor at a step (counted from 0) of a run of `epochs` epochs of `stepsPerEpoch` steps.
    public func factor(step: Int, stepsPerEpoch: Int, epochs: Int) -> Double {
        let warmupSteps = warmup * Double(stepsPerEpoch)
        if Double(step) < warmupSteps { return Double(step + 1) / (warmupSteps.rounded(.up) + 1) }
        let epoch = (Double(step) - warmupSteps) / Double(stepsPerEpoch)
        switch kind {
        case .fixed: return 1
        case .step: return pow(factor, (epoch / every).rounded(.down))
        case .exponential: return pow(factor, epoch)
        case .cosine:
            let steps = Double(stepsPerEpoch * epochs) - warmupSteps
            let progress = min(1, (Double(step) - warmupSteps) / max(1, steps - 1))
            return factor + (1 - factor) * 0.5 * (1 + cos(.pi * progress))
        }
    }

    func validate() throws {
        guard factor >= 0, factor.isFinite, every > 0, warmup >= 0 else {
            throw TrainError("schedule \(kind.rawValue): factor and warmup are at least 0, every is above 0")
        }
    }
}

extension Schedule: Codable {
    private enum Key: String, CodingKey { case kind, factor, every, warmup }

    /// Settings that are left out: factor 0 for cosine, 1 for fixed, 0.1 else; every epoch; no warm-up.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let kind = try container.decode(Kind.self, forKey: .kind)
        let usual = kind == .cosine ? 0 : kind == .fixed ? 1 : 0.1
        self.init(
            kind, factor: try container.decodeIfPresent(Double.self, forKey: .factor) ?? usual,
            every: try container.decodeIfPresent(Double.self, forKey: .every) ?? 1,
            warmup: try container.decodeIfPresent(Double.self, forKey: .warmup) ?? 0)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(factor, forKey: .factor)
        try container.encode(every, forKey: .every)
        try container.encode(warmup, forKey: .warmup)
    }
}
