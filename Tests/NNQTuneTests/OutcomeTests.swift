// SPDX-License-Identifier: Apache-2.0
// Fronts, choices and drops against their definitions.

import Foundation
import NNQBase
import NNQQuantize
import NNQReport
import NNQTune
import Testing

@Suite struct OutcomeTests {
    private static func random(_ rng: inout Rng, _ number: Int) -> Outcome {
        Outcome(
            Candidate(QuantizationOptions(calibrationSamples: number + 1)),
            drop: Drop(value: Double(rng.below(6)) / 10, standardError: 0, samples: 100), noise: Double(number),
            cost: Cost(ram: rng.below(3), flash: rng.below(5), instructions: rng.below(4)))
    }

    private static func figures(_ outcome: Outcome) -> [Double] {
        [
            outcome.drop.value, Double(outcome.cost.ram), Double(outcome.cost.flash),
            Double(outcome.cost.instructions!),
        ]
    }

    /// By the definition: on the front is what nothing is at least as good as in all, and better in one.
    @Test(arguments: UInt64(0)..<40)
    func frontsAreThoseOfTheDefinition(_ seed: UInt64) {
        var rng = Rng(seed: seed, stream: 90)
        let outcomes = (0..<1 + rng.below(20)).map { Self.random(&rng, $0) }
        let front = outcomes.front
        for outcome in outcomes {
            let mine = Self.figures(outcome)
            let isBeaten = outcomes.contains { other in
                let theirs = Self.figures(other)
                return zip(theirs, mine).allSatisfy { $0 <= $1 } && theirs != mine
            }
            let twin = front.contains { Self.figures($0) == mine }
            #expect(isBeaten != twin, "seed \(seed)")
        }
        #expect(front.map(\.cost.flash) == front.map(\.cost.flash).sorted())
        #expect(Set(front.map(Self.figures)).count == front.count, "seed \(seed)")
    }

    /// What samples cannot tell apart is decided by cost.
    @Test func theCheaperOfAlikes() {
        func outcome(_ number: Int, drop: Double, flash: Int) -> Outcome {
            Outcome(
                Candidate(QuantizationOptions(calibrationSamples: number)),
                drop: Drop(value: drop, standardError: 0.05, samples: 1000), noise: 0, cost: Cost(ram: 1, flash: flash))
        }
        let (exact, close, far) = (
            outcome(1, drop: 0.1, flash: 900), outcome(2, drop: 0.14, flash: 500), outcome(3, drop: 0.2, flash: 100)
        )
        #expect(Tuner().choice(of: [exact, close, far]) == close)
        #expect(Tuner(Limits(flash: 400)).choice(of: [exact, close, far]) == far)
        #expect(Tuner(Limits(drop: 0.12)).choice(of: [exact, close, far]) == exact)
        #expect(Tuner(Limits(drop: 0.01)).choice(of: [exact, close, far]) == nil)
    }

    /// A drop's standard error is what drops of random samples scatter by.
    @Test func standardErrorsAreWhatDropsScatterBy() throws {
        var rng = Rng(seed: 4, stream: 91)
        let (lost, won, samples) = (0.03, 0.02, 2000)
        var drops: [Double] = []
        var errors: [Double] = []
        for _ in 0..<400 {
            let draws = (0..<samples).map { _ in Double(rng.below(1_000_000)) / 1e6 }
            let drop = Drop(
                onlyFloat: draws.count { $0 < lost }, onlyInt8: draws.count { $0 >= lost && $0 < lost + won },
                samples: samples)
            drops.append(drop.value)
            errors.append(drop.standardError)
        }
        let mean = drops.reduce(0, +) / 400
        let scatter = (drops.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 399).squareRoot()
        #expect(abs(mean - 1) < 0.1, "seed 4: \(mean)")
        #expect(abs(scatter / (errors.reduce(0, +) / 400) - 1) < 0.15, "seed 4: \(scatter)")
    }

    /// The picture holds a circle a point, and names those on the front.
    @Test func theFrontIsDrawn() {
        let points = [("a & b", 100.0, 0.5, true), ("c", 200, 0.1, true), ("d", 300, 0.4, false)].map {
            FrontChart.Point(name: $0.0, cost: $0.1, drop: $0.2, error: 0.02, isOnFront: $0.3, isChosen: $0.0 == "c")
        }
        let svg = FrontChart(
            title: "t", costName: "bytes of flash", dropName: "drop", points: points, costLimit: 250, dropLimit: 0.2
        ).svg
        #expect(svg.components(separatedBy: "<circle").count == 1 + 3 + 2)
        #expect(svg.contains("a &amp; b: 100, drops +0.50") && svg.contains("c: 200, drops +0.10, chosen"))
        #expect(svg.components(separatedBy: "class=\"clip\"").count == 3)
        #expect(!svg.contains("http://") || svg.components(separatedBy: "http").count == 2)
    }
}
