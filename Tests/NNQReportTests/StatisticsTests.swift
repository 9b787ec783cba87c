// SPDX-License-Identifier: Apache-2.0
// Intervals and McNemar's test against their definitions, enumeration, and figures in print.

import Foundation
import NNQBase
import NNQReport
import Testing

@Suite struct StatisticsTests {
    /// The interval holds the proportions that a score test at 5 % does not refuse: its ends solve
    /// `|hits / n - p| = z sqrt(p (1 - p) / n)`.
    @Test(arguments: [(0, 10), (1, 10), (10, 10), (7, 12), (763, 1000), (9877, 10000)])
    func wilson(_ hits: Int, _ count: Int) {
        let share = Double(hits) / Double(count)
        func excess(_ p: Double) -> Double {
            abs(share - p) - 1.959963984540054 * (p * (1 - p) / Double(count)).squareRoot()
        }
        func root(_ inside: Double, _ outside: Double) -> Double {
            var (inside, outside) = (inside, outside)
            for _ in 0..<200 {
                let middle = (inside + outside) / 2
                if excess(middle) <= 0 { inside = middle } else { outside = middle }
            }
            return inside
        }
        let interval = Proportion(hits, of: count).interval
        // At 0 and at 1 a score test refuses nothing but what is elsewhere.
        if hits > 0 { #expect(abs(interval.low - root(share, 0)) < 1e-9) } else { #expect(interval.low == 0) }
        if hits < count { #expect(abs(interval.high - root(share, 1)) < 1e-9) } else { #expect(interval.high == 1) }
    }

    /// All ways in which that many coins can fall.
    @Test func mcNemarByEnumeration() {
        for count in 1...14 {
            for heads in 0...count {
                let extreme = (0..<1 << count).count { outcome in
                    abs(2 * outcome.nonzeroBitCount - count) >= abs(2 * heads - count)
                }
                let pairs = PairedAnswers(bothRight: 50, onlyFloat: heads, onlyInt8: count - heads, bothWrong: 3)
                let exact = Double(extreme) / Double(1 << count)
                #expect(abs(pairs.mcNemar - exact) < 1e-12, "\(heads) of \(count)")
            }
        }
        #expect(PairedAnswers(bothRight: 5, bothWrong: 5).mcNemar == 1)
    }

    /// Pascal's triangle up to where the test is exact; the normal density's area beyond.
    @Test func mcNemarOfMany() {
        var row = [1.0]
        for _ in 0..<99 { row = [1.0] + zip(row, row.dropFirst()).map { $0 + $1 } + [1.0] }
        let tail = 2 * row[...38].reduce(0, +) / pow(2, 99)
        #expect(abs(PairedAnswers(onlyFloat: 61, onlyInt8: 38).mcNemar - tail) < 1e-12)

        for (first, second) in [(60, 40), (150, 130), (50, 50), (400, 500)] {
            let z = max(0, Double(abs(first - second)) - 1) / Double(first + second).squareRoot()
            let step = (12 - z) / 200_000
            var area = 0.0
            for place in 0..<200_000 {
                let x = z + (Double(place) + 0.5) * step
                area += exp(-x * x / 2) * step
            }
            let p = PairedAnswers(onlyFloat: first, onlyInt8: second).mcNemar
            #expect(abs(p - 2 * area / (2 * Double.pi).squareRoot()) < 1e-7, "\(first), \(second)")
        }
    }

    /// Newcombe, 1998, prints 0.0569 to 0.3404 by method 10 for the pairs 36, 12, 2, 0.
    @Test func differenceInPrint() {
        let interval = PairedAnswers(bothRight: 36, onlyFloat: 2, onlyInt8: 12, bothWrong: 0).differenceInterval
        #expect(abs(interval.low - 0.0569) < 5e-5 && abs(interval.high - 0.3404) < 5e-5)
        let mirrored = PairedAnswers(bothRight: 36, onlyFloat: 12, onlyInt8: 2, bothWrong: 0).differenceInterval
        #expect(abs(mirrored.low + interval.high) < 1e-12 && abs(mirrored.high + interval.low) < 1e-12)
    }

    /// 95 % intervals hold the truth in about 95 % of experiments.
    @Test(arguments: [(0.80, 0.06, 0.03), (0.97, 0.01, 0.01), (0.5, 0.2, 0.1)])
    func coverage(_ both: Float, _ onlyFloat: Float, _ onlyInt8: Float) {
        var rng = Rng(seed: 5, stream: 17)
        var held = 0
        let experiments = 3000
        for _ in 0..<experiments {
            var counts = [0, 0, 0, 0]
            for _ in 0..<300 {
                let u = rng.uniform()
                let place = u < both ? 0 : u < both + onlyFloat ? 1 : u < both + onlyFloat + onlyInt8 ? 2 : 3
                counts[place] += 1
            }
            let pairs = PairedAnswers(
                bothRight: counts[0], onlyFloat: counts[1], onlyInt8: counts[2], bothWrong: counts[3])
            held += pairs.differenceInterval.contains(Double(onlyInt8 - onlyFloat)) ? 1 : 0
        }
        let share = Double(held) / Double(experiments)
        #expect((0.935...0.99).contains(share), "seed 5: \(share)")
    }
}
