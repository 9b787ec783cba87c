// SPDX-License-Identifier: Apache-2.0
// The random generator gives the published numbers, everywhere.

import NNQBase
import Testing

@Suite struct RngTests {
    /// From the reference implementation (https://prng.di.unimi.it/splitmix64.c) with seed 1234567.
    @Test func givesTheReferenceNumbers() {
        var rng = Rng(seed: 1_234_567)
        let numbers = (0..<5).map { _ in rng.next() }
        #expect(numbers == [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ])
    }
}
