// SPDX-License-Identifier: Apache-2.0
// A real factor as TensorFlow Lite's kernels hold it, and their product of two roundings.

import Foundation

/// `multiplier * 2^(exponent - 31)`, the multiplier 0 or 2^30 ... 2^31 - 1.
struct TFLiteMultiplier: Hashable {
    var multiplier: Int32
    var exponent: Int

    /// The nearest factor, as TensorFlow Lite finds it: the significand rounded to 31 bits, ties up; factors below
    /// 2^-32 are 0.
    /// - Precondition: `factor` is finite and at least 0.
    init(_ factor: Double) {
        (multiplier, exponent) = (0, 0)
        guard factor > 0 else { return }
        var exponent = Int(factor.exponent) + 1
        var rounded = Int64((factor.significand * 0x1p30).rounded(.toNearestOrAwayFromZero))
        if rounded == 1 << 31 {
            rounded = 1 << 30
            exponent += 1
        }
        guard exponent >= -31 else { return }
        (multiplier, self.exponent) = (Int32(rounded), exponent)
    }

    /// A half, which scales even numbers without rounding.
    static let half = TFLiteMultiplier(0.5)

    /// The shift of SPEC.md, section 4, or nil where the factor is too large for one.
    var shift: UInt8? { exponent <= 30 ? UInt8(31 - exponent) : nil }

    /// The bits that a value is shifted left before it is multiplied.
    var left: Int { max(0, exponent) }

    /// The scaled value: a rounding high product, then a rounding shift (SPEC.md, section 4, rounding twice).
    /// Values that would leave 32 bits before the product are limited to them.
    func callAsFunction(_ value: Int64) -> Int64 {
        let limit = Int64(Int32.max) >> min(left, 31)
        let shifted = value > limit ? Int64(Int32.max) : value < -limit ? Int64(Int32.min) : value << min(left, 31)
        let high = FixedPoint.highProduct(Int32(shifted), multiplier)
        return Int64(FixedPoint.divide(high, byPowerOfTwo: max(0, -exponent)))
    }
}
