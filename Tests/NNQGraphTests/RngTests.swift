// SPDX-License-Identifier: Apache-2.0
// The random generator gives the published numbers, everywhere.

import NNQBase
import Testing

@Suite struct RngTests {
    /// From the reference implementation (https://prng.di.unimi.it/splitmix64.c) with seed 1234567.
    @Test func givesTheReferenceNumbers() {
        var rng = Rng(seed: 1_234_567)
        let numbers = (0..<5).map { _ in rng.next() }
        #expect(
            numbers == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }

    @Test func streamsDiffer() {
        var first = Set<UInt64>()
        for stream in 0..<100 {
            for substream in 0..<100 {
                var rng = Rng(seed: 1, stream: UInt64(stream), UInt64(substream))
                first.insert(rng.next())
            }
        }
        #expect(first.count == 10_000)
    }

    @Test func uniformLiesInItsRange() {
        var rng = Rng(seed: 2)
        var sum = 0.0
        for _ in 0..<100_000 {
            let value = rng.uniform(-3, 5)
            #expect(value >= -3 && value < 5)
            sum += Double(value)
        }
        #expect(abs(sum / 100_000 - 1) < 0.03)
    }

    @Test(arguments: [1, 2, 3, 7, 1000, 1 << 40])
    func belowIsEvenlySpread(_ bound: Int) {
        var rng = Rng(seed: 3)
        var counts = Array(repeating: 0, count: min(bound, 7))
        for _ in 0..<70_000 {
            let value = rng.below(bound)
            #expect(value >= 0 && value < bound)
            counts[Int(Double(value) / Double(bound) * Double(counts.count))] += 1
        }
        let expected = 70_000 / counts.count
        #expect(counts.allSatisfy { abs($0 - expected) < expected / 10 + 200 })
    }

    @Test func normalHasItsMoments() {
        var rng = Rng(seed: 4)
        var sums = [0.0, 0, 0, 0]
        let count = 200_000
        for _ in 0..<count {
            let x = Double(rng.normal())
            sums[0] += x
            sums[1] += x * x
            sums[2] += x * x * x
            sums[3] += x * x * x * x
        }
        let moments = sums.map { $0 / Double(count) }
        #expect(
            abs(moments[0]) < 0.01 && abs(moments[1] - 1) < 0.02 && abs(moments[2]) < 0.05 && abs(moments[3] - 3) < 0.15
        )
    }

    @Test func shuffleKeepsTheElements() {
        var rng = Rng(seed: 5)
        var firsts = Array(repeating: 0, count: 5)
        for _ in 0..<5000 {
            var values = [0, 1, 2, 3, 4]
            rng.shuffle(&values)
            firsts[values[0]] += 1
            #expect(values.sorted() == [0, 1, 2, 3, 4])
        }
        #expect(firsts.allSatisfy { abs($0 - 1000) < 150 })
    }
}
