// SPDX-License-Identifier: Apache-2.0
// What a candidate costs and what it loses.

import Foundation

/// How much worse than float an int8 model does on some samples.
public struct Drop: Hashable, Codable, Sendable {
    /// Of classes: float's accuracy less int8's, in points of a percent. Of regression: what the root mean squared
    /// error grew by, in percent.
    public var value: Double
    /// What `value` would scatter by on other samples of the kind, from the samples that only one of both answers
    /// rightly; 0 for regression.
    public var standardError: Double
    public var samples: Int

    public init(value: Double, standardError: Double, samples: Int) {
        (self.value, self.standardError, self.samples) = (value, standardError, samples)
    }

    /// From samples that only the float model, or only the int8 model answers rightly. The variance of a difference of
    /// paired proportions (Agresti, "Categorical Data Analysis", 2013, section 11.1.1).
    public init(onlyFloat: Int, onlyInt8: Int, samples: Int) {
        let count = Double(samples)
        let (lost, won) = (Double(onlyFloat), Double(onlyInt8))
        let variance = (lost + won - (lost - won) * (lost - won) / count) / (count * count)
        self.init(
            value: 100 * (lost - won) / count, standardError: 100 * max(variance, 0).squareRoot(), samples: samples)
    }

    enum CodingKeys: String, CodingKey {
        case value, samples
        case standardError = "standard_error"
    }
}

/// What a model takes of a device.
public struct Cost: Hashable, Codable, Sendable {
    /// Bytes of RAM: the arena, or all of it where a target was named.
    public var ram: Int
    /// Bytes of flash: the model file, or code and model where a target was named.
    public var flash: Int
    /// Instructions of one inference; nil without a target.
    public var instructions: Int?

    public init(ram: Int, flash: Int, instructions: Int? = nil) {
        (self.ram, self.flash, self.instructions) = (ram, flash, instructions)
    }
}

/// A candidate that was tried.
public struct Outcome: Hashable, Codable, Sendable {
    public var candidate: Candidate
    /// On the samples that the search looks at.
    public var drop: Drop
    /// On samples that the search does not look at; nil until it ends.
    public var check: Drop?
    /// Noise of the outputs (before a softmax) against their signal, as powers; tells apart what drops no more.
    public var noise: Double
    public var cost: Cost
    /// That making and judging it took.
    public var seconds: Double

    public init(_ candidate: Candidate, drop: Drop, noise: Double, cost: Cost, seconds: Double = 0) {
        (self.candidate, self.drop, self.noise, self.cost, self.seconds) = (candidate, drop, noise, cost, seconds)
    }

    /// Loses less than another one; of two that lose the same, has less noise.
    func isMoreExact(than other: Outcome) -> Bool { (drop.value, noise) < (other.drop.value, other.noise) }

    /// Takes less than another one: instructions where they are known, then flash, then RAM.
    func isCheaper(than other: Outcome) -> Bool {
        let (mine, theirs) = (cost, other.cost)
        return (mine.instructions ?? 0, mine.flash, mine.ram) < (theirs.instructions ?? 0, theirs.flash, theirs.ram)
    }
}

extension [Outcome] {
    /// Those that no other one beats in all of drop, flash, RAM and instructions (Pareto), by flash. Of several that
    /// are alike in these, the first.
    public var front: [Outcome] {
        func figures(_ outcome: Outcome) -> [Double] {
            let cost = outcome.cost
            return [outcome.drop.value, Double(cost.flash), Double(cost.ram), Double(cost.instructions ?? 0)]
        }
        let all = map(figures)
        let kept = indices.filter { place in
            !indices.contains { other in
                let noWorse = zip(all[other], all[place]).allSatisfy { $0 <= $1 }
                return noWorse && (all[other] != all[place] || other < place)
            }
        }
        return kept.map { self[$0] }.sorted { ($0.cost.flash, $0.drop.value) < ($1.cost.flash, $1.drop.value) }
    }
}
