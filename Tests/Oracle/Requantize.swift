// SPDX-License-Identifier: Apache-2.0
// Section 4 of SPEC.md: from an accumulator to an output.

import CNNQ
import NNQFormat

/// The fields of an op that says how accumulators become outputs.
struct Affine {
    let low, high, rounding, preShift: Int

    init(_ p: nnq_conv2d_params) { self.init(p.act_min, p.act_max, p.rounding, p.pre_shift) }
    init(_ p: nnq_depthwise_conv2d_params) { self.init(p.act_min, p.act_max, p.rounding, p.pre_shift) }
    init(_ p: nnq_dense_params) { self.init(p.act_min, p.act_max, p.rounding, p.pre_shift) }
    init(_ p: nnq_transpose_conv2d_params) { self.init(p.act_min, p.act_max, p.rounding, p.pre_shift) }
    init(_ p: nnq_average_pool_params) { self.init(p.act_min, p.act_max, p.rounding, p.pre_shift) }

    private init(_ low: Int32, _ high: Int32, _ rounding: Int32, _ preShift: Int32) {
        (self.low, self.high, self.rounding, self.preShift) = (Int(low), Int(high), Int(rounding), Int(preShift))
    }

    func clamp(_ value: Int) -> Int { min(max(value, low), high) }

    /// The overflow certificate of one channel, given `sum |w|`.
    func certify(_ block: Requantization, _ c: Int, weights: Int) throws {
        let shift = rounding == 0 ? preShift : max(0, 31 - Int(block.shift[c]))
        let largest = Int(block.bias[c].magnitude) + 128 * weights
        let (bound, overflows) = largest.multipliedReportingOverflow(by: 1 << shift)
        if overflows { throw OracleError("the certificate leaves 64 bits") }
        _ = try checked32(bound)
    }

    func requantize(_ acc: Int, _ block: Requantization, _ c: Int, zeroPoint: Int) throws -> Int {
        let multiplier = Int(block.multiplier[c])
        let shift = Int(block.shift[c])
        if rounding == 0 {
            return try once(acc, multiplier: multiplier, shift: shift, zeroPoint: zeroPoint)
        }
        let left = max(0, 31 - shift)
        let right = max(0, shift - 31)
        let product = try checked32(acc << left) * multiplier
        let nudged = product >= 0 ? product + 1 << 30 : product + 1 - 1 << 30
        let high = try checked32(nudged / (1 << 31))
        return clamp(zeroPoint + roundAway(high, 1 << right))
    }

    /// `clamp(z + ((acc * 2^pre_shift * multiplier + 2^(shift - 1)) >> shift))`, in 128 bits.
    func once(_ acc: Int, multiplier: Int, shift: Int, zeroPoint: Int) throws -> Int {
        let product = Int128(try checked32(acc << preShift)) * Int128(multiplier) + Int128(1) << (shift - 1)
        let divisor = Int128(1) << shift
        var quotient = product / divisor
        if product % divisor < 0 { quotient -= 1 }
        let sum = Int128(zeroPoint) + quotient
        return clamp(sum > 1000 ? 1000 : sum < -1000 ? -1000 : Int(sum))
    }
}

/// acc * multiplier / 2^shift for an op whose fields hold both: rounded once, half up, or twice as TensorFlow Lite
/// Micro does. Checks the op's overflow certificate for this value.
func scaled(_ acc: Int, _ multiplier: Int32, _ shift: Int32, rounding: Int32) throws -> Int {
    let left = max(0, 31 - Int(shift))
    let right = max(0, Int(shift) - 31)
    let shifted = try checked32(acc << left)
    if rounding == 0 {
        // floor(product / 2^shift + 1/2), with the half as an even numerator.
        return floorShift(floorShift(acc * Int(multiplier), Int(shift) - 1) + 1, 1)
    }
    return roundAway(try checked32(doublingHigh(shifted, Int(multiplier))), 1 << right)
}

/// a * b / 2^31 to nearest, ties upwards.
func doublingHigh(_ a: Int, _ b: Int) -> Int { floorShift(a * b + 1 << 30, 31) }
