// SPDX-License-Identifier: Apache-2.0
// Looks for an int8 model within limits: cheap ways first, and no more of them than needed.

import NNQQuantize

/// How much 4 bits in one layer alone would cost and save.
public struct Sensitivity: Hashable, Codable, Sendable {
    public var layer: String
    /// Weights of the layer: half a byte each is saved.
    public var weights: Int
    /// As `Outcome.noise`, with this layer in 4 bits and all others in 8.
    public var noise: Double

    public init(layer: String, weights: Int, noise: Double) {
        (self.layer, self.weights, self.noise) = (layer, weights, noise)
    }
}

/// How much activations of 8 bits in one layer alone would cost where all others have 16.
public struct ActivationSensitivity: Hashable, Codable, Sendable {
    public var layer: String
    /// Numbers that the layer gives: each takes a byte less.
    public var values: Int
    /// What `Outcome.noise` grows by.
    public var noise: Double

    public init(layer: String, values: Int, noise: Double) {
        (self.layer, self.values, self.noise) = (layer, values, noise)
    }
}

/// What a search needs done.
public protocol CandidateJudge {
    /// Makes an int8 model and measures it.
    /// - Throws: `TuneStopped` where the person wants no more.
    func outcome(_ candidate: Candidate) throws -> Outcome
    /// Of all layers of weights, in their order.
    func sensitivities() throws -> [Sensitivity]
    /// Names of the layers that can have activations of 16 bits and do not just follow what they read.
    func wideLayers() throws -> [String]
    /// Of `wideLayers`, in their order.
    func activationSensitivities() throws -> [ActivationSensitivity]
}

/// Thrown by a judge that was asked to stop; what was tried stays known.
public struct TuneStopped: Error {
    public init() {}
}

/// What a search tells.
public enum TuneEvent: Sendable {
    case tried(Outcome)
    /// Why something is tried, or is not.
    case reason(String)
}

/// The search.
///
/// First the defaults with 8 bits. Where these drop too much, method after method, each kept if it helps (a coordinate
/// descent). Where none of them is enough, activations of 16 bits, in as few layers as can be, the most sensitive for
/// their size first. Where 8 bits take too much flash, or no limit of flash is known, 4 bits for all layers but the
/// first and the last; where these drop too much, for as many layers as can be, the least sensitive for their size
/// first. Where nothing is within the limits, training for int8.
public struct Tuner: Sendable {
    public var limits: Limits
    /// Where a search starts.
    public var start: QuantizationOptions
    /// Epochs of training for int8; nil where that is not to be tried.
    public var epochs: Int?
    /// Tries all steps, whether needed or not.
    public var isThorough: Bool

    public init(
        _ limits: Limits = Limits(), start: QuantizationOptions = QuantizationOptions(), epochs: Int? = nil,
        isThorough: Bool = false
    ) {
        (self.limits, self.start, self.epochs, self.isThorough) = (limits, start, epochs, isThorough)
    }

    /// - Parameter tell: told what was done, and why.
    /// - Returns: all that was tried, in that order.
    public func search(
        _ judge: some CandidateJudge, tell: @escaping (TuneEvent) -> Void = { _ in }
    ) throws -> [Outcome] {
        var search = Search(self, judge, tell)
        try search.run()
        return search.outcomes
    }

    /// The outcome to use: of those within the limits the most exact one, or the cheapest of those that drop no more
    /// than that by its standard error, which samples cannot tell apart. Nil where none is within the limits.
    public func choice(of outcomes: [Outcome]) -> Outcome? {
        let allowed = outcomes.filter(limits.allows)
        guard let best = allowed.min(by: { $0.isMoreExact(than: $1) }) else { return nil }
        let alike = allowed.filter { $0.drop.value <= best.drop.value + best.drop.standardError }
        let least = alike.min { $0.isCheaper(than: $1) }!
        // Of equals, the one tried first has the fewest methods.
        return alike.first { !least.isCheaper(than: $0) }
    }
}
