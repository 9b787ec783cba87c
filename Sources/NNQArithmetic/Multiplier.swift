// SPDX-License-Identifier: Apache-2.0
// Real factors as the integers of SPEC.md, section 4.

/// A factor as `multiplier * 2^preShift / 2^shift`; the pre-shift belongs to the op and is stored there.
package struct FixedPointFactor: Hashable {
    /// 0 ... 2^31 - 1; at least 2^30 unless the factor is below 2^(preShift - 32).
    package var multiplier: Int32
    /// 33 ... 62.
    package var shift: UInt8

    package static let shifts = 33...62
    package static let preShifts = 0...31

    /// The nearest such factor; exact to a relative 2^-31 for factors of 2^(preShift - 32) and above.
    /// - Precondition: `factor` is at least 0 and below 2^(preShift - 2).
    package init(_ factor: Double, preShift: Int) {
        precondition(factor >= 0 && factor < Self.limit(preShift: preShift))
        guard factor > 0 else {
            multiplier = 0
            shift = UInt8(Self.shifts.lowerBound)
            return
        }
        var shift = min(30 - Int(factor.exponent) + preShift, Self.shifts.upperBound)
        var rounded = Int64((factor * Double(sign: .plus, exponent: shift - preShift, significand: 1)).rounded())
        if rounded == 1 << 31 {
            // Rounded up to a power of two: halve, or at the smallest shift stay below it.
            rounded = shift > Self.shifts.lowerBound ? 1 << 30 : 1 << 31 - 1
            shift = max(shift - 1, Self.shifts.lowerBound)
        }
        multiplier = Int32(rounded)
        self.shift = UInt8(shift)
    }

    /// Factors for a pre-shift are below this.
    package static func limit(preShift: Int) -> Double { Double(sign: .plus, exponent: preShift - 2, significand: 1) }

    /// The smallest pre-shift whose limit lies above all factors, or nil where none does.
    package static func preShift(for factors: some Sequence<Double>) -> Int? {
        let largest = factors.max() ?? 0
        return preShifts.first { largest < limit(preShift: $0) }
    }

    /// The factor that it stands for.
    package func value(preShift: Int) -> Double {
        Double(multiplier) * Double(sign: .plus, exponent: preShift - Int(shift), significand: 1)
    }
}
