// SPDX-License-Identifier: Apache-2.0
// The search on a made-up network whose every figure is known.

import NNQQuantize
import NNQTune
import Testing

/// Drops and costs by formula: methods bring a drop down, 4 bits take flash away.
private final class FormulaJudge: CandidateJudge {
    /// Weights by layer, and what 4 bits in it lose.
    static let layers: [(name: String, weights: Int, loss: Double)] = [
        ("first", 100, 2), ("wide", 4000, 0.1), ("middle", 2000, 0.3), ("narrow", 500, 0.2), ("last", 200, 1),
    ]
    var defaultDrop = 0.4
    var helpful: Set<String> = ["entropy"]
    var gain = 0.15
    var ram = 4096
    /// Values by layer, and what activations of 16 bits in it gain.
    var wide: [(name: String, values: Int, gain: Double)] = []
    private(set) var tried: [Candidate] = []
    private(set) var sensitivityCalls = 0
    var stopsAfter = Int.max

    func outcome(_ candidate: Candidate) throws -> Outcome {
        guard tried.count < stopsAfter else { throw TuneStopped() }
        tried.append(candidate)
        let options = candidate.options
        var drop = defaultDrop
        if helpful.contains("\(options.calibrator)") { drop -= gain }
        if helpful.contains("mse scales"), options.weightScales == .mse { drop -= gain }
        if helpful.contains("AdaRound"), options.adaround { drop -= gain }
        var bytes = 0
        for (place, layer) in Self.layers.enumerated() {
            let isEnd = place == 0 || place == Self.layers.count - 1
            let bits = options.weightBits.layers[layer.name] ?? (isEnd ? 8 : options.weightBits.all)
            bytes += layer.weights * bits / 8
            if bits == 4 { drop += layer.loss }
        }
        let widened = wide.filter { options.activationBits.layers[$0.name] == 16 }
        drop -= widened.reduce(0) { $0 + $1.gain }
        if candidate.epochs != nil { drop /= 10 }
        return Outcome(
            candidate, drop: Drop(value: drop, standardError: 0.01, samples: 1000), noise: drop / 100,
            cost: Cost(ram: ram + widened.reduce(0) { $0 + $1.values }, flash: 1000 + bytes))
    }

    func sensitivities() throws -> [Sensitivity] {
        sensitivityCalls += 1
        return Self.layers.map { Sensitivity(layer: $0.name, weights: $0.weights, noise: $0.loss) }
    }

    func wideLayers() throws -> [String] { wide.map(\.name) }

    func activationSensitivities() throws -> [ActivationSensitivity] {
        wide.map { ActivationSensitivity(layer: $0.name, values: $0.values, noise: $0.gain) }
    }
}

@Suite struct TunerTests {
    private static let whole = 1000 + 6800

    @Test func theDefaultsAreEnoughWhereTheyAre() throws {
        let judge = FormulaJudge()
        let tuner = Tuner(Limits(drop: 0.5, flash: 8000), epochs: 2)
        let outcomes = try tuner.search(judge)
        #expect(outcomes.map(\.candidate.name) == ["8 bits"])
        #expect(tuner.choice(of: outcomes)?.candidate.name == "8 bits")
    }

    @Test func methodsAreTriedUntilOneIsEnough() throws {
        let judge = FormulaJudge()
        let tuner = Tuner(Limits(drop: 0.3, flash: 8000), epochs: 2)
        let outcomes = try tuner.search(judge)
        #expect(outcomes.last?.candidate.name == "8 bits, calibrator entropy")
        #expect(judge.tried.allSatisfy { $0.epochs == nil && !$0.options.weightBits.hasFour })
        #expect(tuner.choice(of: outcomes) == outcomes.last)
    }

    /// Each method is kept that helps, and the next is tried on top of it.
    @Test func methodsAddUp() throws {
        let judge = FormulaJudge()
        judge.helpful = ["entropy", "mse scales", "AdaRound"]
        let tuner = Tuner(Limits(drop: 0.0, flash: 8000))
        let outcomes = try tuner.search(judge)
        let best = try #require(tuner.choice(of: outcomes))
        #expect(best.candidate.name == "8 bits, calibrator entropy, weight scales mse, AdaRound")
        #expect(abs(best.drop.value + 0.05) < 1e-12)
    }

    /// Where no method is enough: activations of 16 bits in the fewest layers that are, those first that gain most for
    /// their bytes.
    @Test func activationsOfSixteenBitsAreTheNextWay() throws {
        let judge = FormulaJudge()
        judge.helpful = []
        judge.wide = [("first", 4000, 0.1), ("middle", 1000, 0.02), ("narrow", 200, 0.1), ("last", 100, 0.1)]
        let tuner = Tuner(Limits(drop: 0.25, ram: 5000, flash: 8000))
        let outcomes = try tuner.search(judge)
        let choice = try #require(tuner.choice(of: outcomes))
        #expect(choice.candidate.options.activationBits.layers == ["last": 16, "narrow": 16])
        #expect(choice.candidate.name == "8 bits, activations of 16 bits in 2 layers")
        #expect(choice.cost.ram == 4096 + 300)
        // Where all layers do not suffice, single ones are not looked at.
        let strict = try Tuner(Limits(drop: 0.01, flash: 8000)).search(judge)
        #expect(strict.filter { $0.candidate.options.activationBits.hasSixteen }.count == 1)
        // Where 8 bits do, none are tried.
        let easy = try Tuner(Limits(drop: 0.4, flash: 8000)).search(judge)
        #expect(!easy.contains { $0.candidate.options.activationBits.hasSixteen })
    }

    /// With a limit of flash that 8 bits exceed, and room for the loss: all inner layers in 4 bits.
    @Test func fourBitsFit() throws {
        let judge = FormulaJudge()
        let tuner = Tuner(Limits(drop: 1.2, flash: 5000))
        let outcomes = try tuner.search(judge)
        #expect(tuner.choice(of: outcomes)?.candidate.name == "4 bits, AdaRound")
        #expect(judge.sensitivityCalls == 0)
        #expect(tuner.choice(of: outcomes)?.cost.flash == Self.whole - 3250)
    }

    /// Where all layers in 4 bits lose too much: the most layers that do not, those first that lose least for their
    /// bytes, found with few tries.
    @Test func mixturesAreBisected() throws {
        let judge = FormulaJudge()
        let tuner = Tuner(Limits(drop: 0.55, flash: 6000))
        let outcomes = try tuner.search(judge)
        let choice = try #require(tuner.choice(of: outcomes))
        #expect(choice.candidate.options.weightBits.layers == ["wide": 4])
        #expect(judge.sensitivityCalls == 1 && outcomes.count <= 5)
    }

    @Test func trainingIsTheLastResort() throws {
        let judge = FormulaJudge()
        let tuner = Tuner(Limits(drop: 0.2, flash: 5000), epochs: 3)
        let outcomes = try tuner.search(judge)
        let choice = try #require(tuner.choice(of: outcomes))
        // The widest that fits is trained first.
        #expect(choice.candidate.epochs == 3 && choice.candidate.options.weightBits.layers == ["wide": 4, "middle": 4])
        #expect(choice.candidate.name == "4 bits in 2 layers, trained for 3 epochs")
        #expect(judge.tried.dropLast().allSatisfy { $0.epochs == nil })
        #expect(Tuner(Limits(drop: 0.2, flash: 5000)).choice(of: outcomes.filter { $0.candidate.epochs == nil }) == nil)
    }

    /// Where no width fits, training would change nothing.
    @Test func trainingIsForAccuracyOnly() throws {
        var reasons: [String] = []
        let judge = FormulaJudge()
        let outcomes = try Tuner(Limits(flash: 1500), epochs: 3).search(judge) {
            if case .reason(let text) = $0 { reasons.append(text) }
        }
        #expect(outcomes.allSatisfy { $0.candidate.epochs == nil })
        #expect(reasons.last == "training makes no model smaller or faster: it is not tried")
    }

    /// No method changes what activations take.
    @Test func tooMuchRAMEndsTheSearch() throws {
        var reasons: [String] = []
        let tuner = Tuner(Limits(ram: 4095), epochs: 1)
        let outcomes = try tuner.search(FormulaJudge()) { if case .reason(let text) = $0 { reasons.append(text) } }
        #expect(outcomes.count == 1 && tuner.choice(of: outcomes) == nil)
        #expect(reasons.contains { $0.contains("no quantization of this network fits") })
        #expect(tuner.limits.violations(outcomes[0]) == ["4096 bytes of RAM, not 4095"])
    }

    @Test func aStoppedSearchThrows() {
        let judge = FormulaJudge()
        judge.stopsAfter = 2
        #expect(throws: TuneStopped.self) { try Tuner(Limits(drop: 0)).search(judge) }
    }

    /// Nothing is tried twice, whatever the limits.
    @Test(arguments: [-1.0, 0, 0.2, 0.3, 0.5, 1, 5], [3000, 5000, 7000, 9000])
    func nothingIsTriedTwice(_ drop: Double, _ flash: Int) throws {
        for isThorough in [false, true] {
            let judge = FormulaJudge()
            judge.wide = [("wide", 500, 0.1), ("last", 100, 0.1)]
            let tuner = Tuner(Limits(drop: drop, flash: flash), epochs: 1, isThorough: isThorough)
            let outcomes = try tuner.search(judge)
            #expect(Set(judge.tried).count == judge.tried.count && judge.tried.count == outcomes.count)
            if let choice = tuner.choice(of: outcomes) { #expect(tuner.limits.allows(choice)) }
            #expect((tuner.choice(of: outcomes) == nil) == !outcomes.contains(where: tuner.limits.allows))
        }
    }
}
