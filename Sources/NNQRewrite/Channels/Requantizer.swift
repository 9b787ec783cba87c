// SPDX-License-Identifier: Apache-2.0
// From an accumulator to an output, as SPEC.md, section 4, has it.

import NNQFormat

/// The fields of an op that say how accumulators become outputs.
struct Requantizer {
    var roundsTwice: Bool
    var preShift: Int
    var limits: ClosedRange<Int>
    var zeroPoint: Int

    /// The output for an accumulator that the op's overflow certificate allows; never falls as `acc` rises.
    func callAsFunction(_ acc: Int, multiplier: Int32, shift: UInt8) -> Int {
        let (multiplier, shift) = (Int(multiplier), Int(shift))
        let scaled = roundsTwice ? Self.twice(acc, multiplier, shift) : Self.once(acc << preShift, multiplier, shift)
        return min(max(zeroPoint + scaled, limits.lowerBound), limits.upperBound)
    }

    /// `acc * multiplier / 2^shift` to the nearest, ties upwards.
    /// - Precondition: |acc| < 2^31, 0 <= multiplier < 2^31, shift in 1 ... 62.
    static func once(_ acc: Int, _ multiplier: Int, _ shift: Int) -> Int {
        (acc * multiplier + 1 << (shift - 1)) >> shift
    }

    /// The same in two roundings: the high half of a doubled product, then a shift with ties away from zero.
    /// - Precondition: as for `once`, and |acc * 2^(31 - shift)| < 2^31.
    private static func twice(_ acc: Int, _ multiplier: Int, _ shift: Int) -> Int {
        let product = (acc << max(0, 31 - shift)) * multiplier
        let nudge = product >= 0 ? 1 << 30 : 1 - 1 << 30
        let high = (product + nudge) / (1 << 31)
        let right = max(0, shift - 31)
        let half = (1 << right) >> 1
        return high >= 0 ? (high + half) >> right : -((half - high) >> right)
    }
}
