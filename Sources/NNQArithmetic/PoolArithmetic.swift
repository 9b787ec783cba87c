// SPDX-License-Identifier: Apache-2.0
// Multipliers of average pools: the division by the number of elements and the change of scale in one.

import NNQFormat

/// Multipliers that share a shift and a pre-shift.
package struct PoolArithmetic: Hashable {
    /// The multiplier for the mean of n elements at place n - 1; or, without padding, the only one that occurs.
    package var multipliers: [Int32]
    package var shift: Int
    package var preShift: Int

    /// - Parameters:
    ///   - elements: in a whole window.
    ///   - isPadded: whether windows may hold fewer.
    ///   - largest: magnitude of an element less its zero point.
    /// - Returns: nil where the sum of a window could overflow, or the input's scale is too many times the output's.
    package init?(input: Quantization, output: Quantization, elements: Int, isPadded: Bool, largest: Int = 255) {
        let ratio = Double(input.scale) / Double(output.scale)
        let factors = (isPadded ? 1...elements : elements...elements).map { ratio / Double($0) }
        guard let preShift = FixedPointFactor.preShift(for: factors),
            Double(largest) * Double(elements) * Double(1 << preShift) <= Double(Int32.max)
        else { return nil }
        let first = FixedPointFactor(factors[0], preShift: preShift)
        let unit = Double(sign: .plus, exponent: Int(first.shift) - preShift, significand: 1)
        multipliers = factors.map { Int32(min(($0 * unit).rounded(), Double(Int32.max))) }
        shift = Int(first.shift)
        self.preShift = preShift
    }
}
