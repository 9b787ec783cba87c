// SPDX-License-Identifier: Apache-2.0
// The steps of a search, each with its reason.

import Foundation
import NNQQuantize

struct Search<Judge: CandidateJudge> {
    private let tuner: Tuner
    private let judge: Judge
    private let tellEvent: (TuneEvent) -> Void
    private(set) var outcomes: [Outcome] = []

    init(_ tuner: Tuner, _ judge: Judge, _ tell: @escaping (TuneEvent) -> Void) {
        (self.tuner, self.judge, tellEvent) = (tuner, judge, tell)
    }

    private var limits: Limits { tuner.limits }

    private func tell(_ reason: String) { tellEvent(.reason(reason)) }
    private var hasFound: Bool { outcomes.contains(where: limits.allows) }

    mutating func run() throws {
        let first = try attempt(Candidate(tuner.start))
        guard limits.allowsRAM(first) else {
            return tell("RAM is the same whatever the method: no quantization of this network fits")
        }
        let best = try tryMethods(from: first)
        try tryWideActivations(from: best)
        try tryFourBits()
        try tryTraining()
    }

    /// Tries a candidate, or recalls what came of it.
    @discardableResult
    private mutating func attempt(_ candidate: Candidate) throws -> Outcome {
        if let known = outcomes.first(where: { $0.candidate == candidate }) { return known }
        let outcome = try judge.outcome(candidate)
        outcomes.append(outcome)
        tellEvent(.tried(outcome))
        return outcome
    }

    // MARK: Methods with 8 bits

    /// - Returns: the most exact of them.
    private mutating func tryMethods(from first: Outcome) throws -> Outcome {
        let goal = limits.drop ?? 0
        guard tuner.isThorough || first.drop.value > goal else {
            tell(String(format: "the defaults drop %.2f: other methods are not needed", first.drop.value))
            return first
        }
        tell(String(format: "the defaults drop %.2f: trying methods one by one", first.drop.value))
        var best = first
        for alternatives in Self.methods {
            for change in alternatives {
                var candidate = best.candidate
                change(&candidate.options)
                let outcome = try attempt(candidate)
                if outcome.isMoreExact(than: best) { best = outcome }
                if !tuner.isThorough, best.drop.value <= goal {
                    tell("enough: \(best.candidate.name)")
                    return best
                }
            }
        }
        tell("of all methods: \(best.candidate.name)")
        return best
    }

    /// Groups of changes; quick ones first.
    private static var methods: [[(inout QuantizationOptions) -> Void]] {
        [
            calibrators.map { calibrator in { $0.calibrator = calibrator } },
            [{ $0.weightScales = .mse }],
            [{ $0.equalize = .activations }, { $0.equalize = nil }],
            [{ $0.absorbBias = true }],
            [{ $0.adaround = true }],
        ]
    }

    private static var calibrators: [Calibrator] {
        [.minMax, .percentile(99.99), .mse, .entropy, .movingAverage(momentum: 0.9)]
    }

    // MARK: Activations of 16 bits

    private mutating func tryWideActivations(from best: Outcome) throws {
        guard tuner.isThorough || best.drop.value > limits.drop ?? .infinity else { return }
        let layers = try judge.wideLayers()
        guard layers.count > 1 else { return }
        let all = try attempt(Self.wide(layers, best.candidate.options))
        guard limits.allowsDrop(all), all.isMoreExact(than: best) else {
            return tell(String(format: "activations of 16 bits drop %.2f: they are not enough", all.drop.value))
        }
        try tryWidths(best.candidate.options)
    }

    private static func wide(_ layers: some Sequence<String>, _ options: QuantizationOptions) -> Candidate {
        var options = options
        options.activationBits = ActivationBits(
            all: 8, layers: Dictionary(uniqueKeysWithValues: layers.map { ($0, 16) }))
        return Candidate(options)
    }

    /// Bisects the number of layers that keep activations of 8 bits.
    private mutating func tryWidths(_ options: QuantizationOptions) throws {
        let order = try judge.activationSensitivities().sorted {
            $0.noise / Double($0.values) > $1.noise / Double($1.values)
        }
        tell("activations of 16 bits, the most noise for their bytes first: "
            + order.map(\.layer).joined(separator: ", "))
        // The fewest layers that drop no more than is allowed; without a limit, no more than noise.
        var (good, bad) = (order.count, 0)
        while good - bad > 1 {
            let middle = (good + bad) / 2
            let outcome = try attempt(Self.wide(order.prefix(middle).map(\.layer), options))
            if outcome.drop.value <= limits.drop ?? outcome.drop.standardError { good = middle } else { bad = middle }
        }
        tell("\(good) of \(order.count) layers need activations of 16 bits")
    }

    // MARK: Weights of 4 bits

    private mutating func tryFourBits() throws {
        if !tuner.isThorough, limits.flash != nil, hasFound {
            return tell("8 bits are within the limits: 4 bits are not needed")
        }
        var options = tuner.start
        options.adaround = true
        options.weightBits = WeightBits(all: 4)
        let all = try attempt(Candidate(options))
        if limits.allowsDrop(all), !tuner.isThorough {
            return tell(String(format: "4 bits drop %.2f: single layers need not be looked at", all.drop.value))
        }
        try tryMixtures(options)
    }

    /// Bisects the number of layers that have 4 bits.
    private mutating func tryMixtures(_ options: QuantizationOptions) throws {
        let order = try judge.sensitivities().sorted { $0.noise / Double($0.weights) < $1.noise / Double($1.weights) }
        guard order.count > 1 else { return }
        tell("4 bits by layer, the least noise for their bytes first: \(order.map(\.layer).joined(separator: ", "))")
        func mixture(_ count: Int) -> Candidate {
            var options = options
            let layers = order.prefix(count).map { ($0.layer, 4) }
            options.weightBits = WeightBits(all: 8, layers: Dictionary(uniqueKeysWithValues: layers))
            return Candidate(options)
        }
        // The most layers that drop no more than is allowed; without a limit, no more than noise.
        var (good, bad) = (0, order.count)
        while bad - good > 1 {
            let middle = (good + bad) / 2
            let outcome = try attempt(mixture(middle))
            if outcome.drop.value <= limits.drop ?? outcome.drop.standardError { good = middle } else { bad = middle }
        }
        tell("\(good) of \(order.count) layers can have 4 bits")
    }

    // MARK: Training

    private mutating func tryTraining() throws {
        guard tuner.isThorough || !hasFound else { return }
        guard let epochs = tuner.epochs else {
            return hasFound ? () : tell("nothing is within the limits; training for int8 has no recipe, or no epochs")
        }
        let candidates = trainable
        guard !candidates.isEmpty else {
            return tell("training makes no model smaller or faster: it is not tried")
        }
        tell("training for int8")
        for candidate in candidates where tuner.isThorough || !hasFound {
            try attempt(Candidate(candidate.options, epochs: epochs))
        }
    }

    /// What is worth training: the widths that fit, the widest first, two at most.
    private var trainable: [Candidate] {
        var widths: [Candidate] = []
        for outcome in outcomes.sorted(by: { $0.cost.flash > $1.cost.flash }) where outcome.candidate.epochs == nil {
            guard limits.allowsFlash(outcome), limits.allowsInstructions(outcome) else { continue }
            var options = tuner.start
            options.weightBits = outcome.candidate.options.weightBits
            if !widths.contains(where: { $0.options == options }) { widths.append(Candidate(options)) }
        }
        return Array(widths.prefix(2))
    }
}
