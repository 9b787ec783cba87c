// SPDX-License-Identifier: Apache-2.0
// The fixed-point functions of TensorFlow Lite Micro, straight from section 5 of SPEC.md.

import CNNQ
import NNQFormat

extension Oracle {
    static func tfliteSoftmax(_ input: Map, _ shape: ProgramTensor, _ p: nnq_tflite_softmax_params) throws -> Map {
        guard sameShape(input.shape, shape) else { throw OracleError("shapes differ") }
        return try Map(shape) { y, x, c in
            let row = (0..<shape.channels).map { input[y, x, $0] }
            let powers = try row.map { try power(row.max()! - $0, p) }
            let sum = try checked32(powers.reduce(0) { $0 + roundAway($1, 1 << 12) })
            let bits = Int.bitWidth - 1 - sum.leadingZeroBitCount
            let inverse = reciprocal(sum << (31 - bits) - 1 << 31)
            return min(255, roundAway(doublingHigh(inverse, powers[c]), 1 << (bits + 4))) - 128
        }
    }

    /// The exponential of a channel that is `difference` below the largest.
    private static func power(_ difference: Int, _ p: nnq_tflite_softmax_params) throws -> Int {
        let shifted = difference << (31 - Int(p.shift))
        if shifted > 31 << 26 { return 0 }
        let argument = doublingHigh(-shifted, Int(p.multiplier))
        return argument == 0 ? Int(Int32.max) : try exponential(argument)
    }

    /// exp(a / 2^26) in units of 2^-31 for a below 0.
    private static func exponential(_ a: Int) throws -> Int {
        let quarter = 1 << 24
        // The part of a in [-quarter, 0), and how many quarters remain.
        let part = -((-a - 1) % quarter + 1)
        let quarters = (part - a) / quarter
        let x = part << 5 + 1 << 28
        let (square, third) = (doublingHigh(x, x), 715_827_883)
        let cube = doublingHigh(square, x)
        let fourth = roundAway(doublingHigh(square, square), 4)
        let series = x + roundAway(doublingHigh(fourth + cube, third) + square, 2)
        var result = try checked32(1_895_147_668 + doublingHigh(1_895_147_668, series))
        let powers = [1_672_461_947, 1_302_514_674, 790_015_084, 290_630_308, 39_332_535, 720_401, 242]
        for (bit, power) in powers.enumerated() where quarters >> bit & 1 == 1 {
            result = doublingHigh(result, power)
        }
        return result
    }

    /// 1 / (1 + a / 2^31) in units of 2^-31, for a in 0 ... 2^31 - 1.
    private static func reciprocal(_ a: Int) -> Int {
        let half = (a + 1 << 31) / 2
        var x = 1_515_870_810 + doublingHigh(half, -1_010_580_540)
        for _ in 0..<3 {
            x += saturated(doublingHigh(x, 1 << 29 - doublingHigh(half, x)) << 2)
        }
        return saturated(x << 1)
    }

    static func l2Normalize(_ input: Map, _ shape: ProgramTensor) throws -> Map {
        guard sameShape(input.shape, shape) else { throw OracleError("shapes differ") }
        return try Map(shape) { y, x, c in
            let row = (0..<shape.channels).map { input[y, x, $0] - input.zeroPoint }
            let (multiplier, shift) = inverseRoot(try checked32(row.reduce(0) { $0 + $1 * $1 }))
            return try scaled(row[c], Int32(multiplier), Int32(shift - 7), rounding: 1).clamped(-128, 127)
        }
    }

    /// 1 / sqrt(sum) as multiplier / 2^shift.
    private static func inverseRoot(_ sum: Int) -> (multiplier: Int, shift: Int) {
        if sum <= 1 { return (Int(Int32.max), 31) }
        var (scaled, shift) = (sum, 42)
        while scaled >= 1 << 29 { (scaled, shift) = (scaled / 4, shift + 1) }
        while scaled < 1 << 27 { (scaled, shift) = (scaled * 4, shift - 1) }
        let half = roundAway(scaled / 2, 2)
        var x = 1 << 28
        for _ in 0..<5 {
            let cube = saturated(doublingHigh(doublingHigh(x, x), x) << 6)
            x = saturated((doublingHigh(3 << 27, x) - doublingHigh(half, cube)) << 3)
        }
        let root = doublingHigh(x, 1_518_500_250)
        return shift < 31 ? (root << (31 - shift), 31) : (root, shift)
    }

    private static func saturated(_ value: Int) -> Int { min(max(value, Int(Int32.min)), Int(Int32.max)) }
}
