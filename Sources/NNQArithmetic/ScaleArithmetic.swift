// SPDX-License-Identifier: Apache-2.0
// A real factor as the fields of an op that scales its accumulator (SPEC.md, section 4).

import NNQFormat

/// `multiplier / 2^shift`, for accumulators of a bounded magnitude.
package struct ScaleArithmetic: Hashable {
    /// 0 ... 2^31 - 1; at least 2^30 unless the factor is below 2^-32.
    package var multiplier: Int32
    /// 1 ... 62.
    package var shift: Int32

    /// The nearest such factor; exact to a relative 2^-31 for factors of 2^-32 and above.
    /// - Parameter bound: the largest magnitude of an accumulator.
    /// - Returns: nil where the result could leave 32 bits.
    /// - Precondition: `factor` is finite and above 0.
    package init?(_ factor: Double, bound: Int) {
        var shift = min(30 - Int(factor.exponent), 62)
        var rounded = (factor * Double(sign: .plus, exponent: shift, significand: 1)).rounded()
        if rounded == 0x1p31 { (rounded, shift) = (0x1p30, shift - 1) }
        guard shift >= 1, bound <= Int(Int32.max) >> max(0, 31 - shift) else { return nil }
        multiplier = Int32(rounded)
        self.shift = Int32(shift)
    }
}

extension Quantization {
    /// The largest |q - zero point|.
    package var deviation: Int { max(127 - Int(zeroPoint), Int(zeroPoint) + 128) }
}
