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
        let scaled = Self.scale(acc << preShift, multiplier, Int32(shift), twice: roundsTwice)
        return min(max(zeroPoint + scaled, limits.lowerBound), limits.upperBound)
    }

    /// `acc * multiplier / 2^shift`, rounded once or twice.
    /// - Precondition: |acc * 2^max(0, 31 - shift)| < 2^31, 0 <= multiplier < 2^31, shift in 1 ... 62.
    static func scale(_ acc: Int, _ multiplier: Int32, _ shift: Int32, twice: Bool) -> Int {
        twice ? Self.twice(acc, Int(multiplier), Int(shift)) : once(acc, Int(multiplier), Int(shift))
    }

    /// To the nearest, ties upwards.
    private static func once(_ acc: Int, _ multiplier: Int, _ shift: Int) -> Int {
        (acc * multiplier + 1 << (shift - 1)) >> shift
    }

    /// In two roundings: the high half of a doubled product, then a shift with ties away from zero.
    private static func twice(_ acc: Int, _ multiplier: Int, _ shift: Int) -> Int {
        let product = (acc << max(0, 31 - shift)) * multiplier
        let nudge = product >= 0 ? 1 << 30 : 1 - 1 << 30
        let high = (product + nudge) / (1 << 31)
        let right = max(0, shift - 31)
        let half = (1 << right) >> 1
        return high >= 0 ? (high + half) >> right : -((half - high) >> right)
    }
}
