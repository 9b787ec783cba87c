// SPDX-License-Identifier: Apache-2.0
// Percentiles of a stream in constant memory.

/// A histogram whose bins double in width whenever a value lies outside of them.
///
/// Bin widths are powers of two and bins are aligned to zero, so that two neighbours merge exactly: the counts are
/// those that the final width would have given from the start, whatever the order of the values.
package struct HistogramObserver: Observer {
    /// Percentage of the values that the range holds; the rest is cut off, half at each end.
    package let percent: Double
    /// Bins on each side of zero.
    package static let side = 4096

    private var counts = Array(repeating: 0, count: 2 * side)
    /// 0 as long as only zeros were seen.
    private var width: Float = 0
    private var zeros = 0
    private var extent = MinMaxObserver()

    package init(percent: Double) { self.percent = percent }

    package mutating func observe(_ values: [Float]) throws {
        let (low, high) = try values.finiteExtent()
        guard low <= high else { return }
        try extent.observe([low, high])
        let largest = max(-low, high)
        guard largest > 0 else {
            zeros += values.count
            return
        }
        widen(toHold: largest)
        let inverse = 1 / width
        var zeros = 0
        counts.withUnsafeMutableBufferPointer { counts in
            for value in values {
                if value == 0 { zeros += 1 } else { counts[Int((value * inverse).rounded(.down)) + Self.side] += 1 }
            }
        }
        self.zeros += zeros
    }

    /// Smallest width of a bin, whose inverse is still a finite float.
    private static let smallestWidth: Float = 0x1p-120

    private mutating func widen(toHold largest: Float) {
        if width == 0 {
            let exponent = largest.exponent + 1 - Float.Exponent(Self.side.trailingZeroBitCount)
            width = max(Self.smallestWidth, Float(sign: .plus, exponent: exponent, significand: 1))
        }
        while largest >= width * Float(Self.side) {
            var merged = Array(repeating: 0, count: 2 * Self.side)
            for bin in -Self.side..<Self.side { merged[(bin >> 1) + Self.side] += counts[bin + Self.side] }
            counts = merged
            width *= 2
        }
    }

    package var range: ValueRange {
        let total = zeros + counts.reduce(0, +)
        let cut = Double(total) * (100 - percent) / 200
        let extent = extent.range
        return ValueRange(
            max(extent.low, -edge(cut, towardsHigh: false)), min(extent.high, edge(cut, towardsHigh: true)))
    }

    /// Distance from zero, on one side, beyond which `cut` values lie; 0 where the side has fewer. Inside of a bin,
    /// values count as evenly spread.
    private func edge(_ cut: Double, towardsHigh: Bool) -> Float {
        var beyond = 0.0
        for step in stride(from: Self.side - 1, through: 0, by: -1) {
            let count = Double(counts[towardsHigh ? Self.side + step : Self.side - 1 - step])
            if count > 0, beyond + count > cut {
                return Float(Double(step) + 1 - (cut - beyond) / count) * width
            }
            beyond += count
        }
        return 0
    }
}
