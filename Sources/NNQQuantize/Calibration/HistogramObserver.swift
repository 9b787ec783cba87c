// SPDX-License-Identifier: Apache-2.0
// What a tensor's values look like, from a stream of them, in constant memory.

/// A calibrated value is infinite or not a number.
package struct NotFinite: Error {}

/// A histogram whose bins double in width whenever a value lies outside of them, the exact extent, and the moving
/// average of the portions' extents: all that the calibrators need.
///
/// Bin widths are powers of two and bins are aligned to zero, so that two neighbours merge exactly: the counts are
/// those that the final width would have given from the start, whatever the order of the values. Zeros, of which a
/// ReLU makes many and which every range represents exactly, are counted apart.
package struct HistogramObserver: Sendable {
    /// Bins on each side of zero.
    package static let side = 4096

    /// From the bin that ends at the most negative edge upwards; bin `b` holds values from `(b - side) * width`.
    private(set) var counts = Array(repeating: 0, count: 2 * side)
    /// 0 as long as only zeros were seen.
    private(set) var width: Float = 0
    private(set) var zeros = 0
    private var low = Float.infinity
    private var high = -Float.infinity
    private let momentum: Double
    private var average: (low: Double, high: Double)?

    /// - Parameter momentum: of the moving average.
    package init(momentum: Double = 0.9) { self.momentum = momentum }

    /// The observer that a calibrator's range can be asked of.
    package init(for calibrator: Calibrator) {
        if case .movingAverage(let momentum) = calibrator { self.init(momentum: momentum) } else { self.init() }
    }

    /// - Throws: `NotFinite` where a value is infinite or not a number.
    package mutating func observe(_ values: [Float]) throws {
        let (low, high) = try values.finiteExtent()
        guard low <= high else { return }
        self.low = min(self.low, low)
        self.high = max(self.high, high)
        moveAverage(Double(low), Double(high))
        let largest = max(-low, high)
        guard largest > 0 else {
            zeros += values.count
            return
        }
        widen(toHold: largest)
        count(values)
    }

    /// From the smallest to the largest value, and zero.
    package var extent: ValueRange { low <= high ? ValueRange(low, high) : ValueRange(0, 0) }

    /// From the moving average of smallest values to that of largest ones.
    package var averageExtent: ValueRange {
        average.map { ValueRange(Float($0.low), Float($0.high)) } ?? ValueRange(0, 0)
    }

    /// Bins that there are, whatever was seen.
    package var bins: Int { counts.count }

    /// Values seen.
    package var total: Int { zeros + counts.reduce(0, +) }

    /// Part of the values, 0 ... 1, that a range cuts off; inside of a bin, values count as evenly spread.
    package func cutShare(by range: ValueRange) -> Double {
        let extent = extent
        guard width > 0, range.low > extent.low || range.high < extent.high else { return 0 }
        let above = beyond(Double(range.high) / Double(width)) { counts[Self.side + $0] }
        let below = beyond(Double(-range.low) / Double(width)) { counts[Self.side - 1 - $0] }
        let cut = (range.high < extent.high ? above : 0) + (range.low > extent.low ? below : 0)
        return cut / Double(total)
    }

    private func beyond(_ edge: Double, _ count: (Int) -> Int) -> Double {
        let first = min(Int(edge), Self.side - 1)
        let rest = first + 1 < Self.side ? (first + 1..<Self.side).reduce(0) { $0 + count($1) } : 0
        return Double(rest) + max(0, Double(first + 1) - edge) * Double(count(first))
    }

    private mutating func moveAverage(_ low: Double, _ high: Double) {
        guard let old = average else {
            average = (low, high)
            return
        }
        average = (
            momentum * old.low + (1 - momentum) * low, momentum * old.high + (1 - momentum) * high
        )
    }

    private mutating func count(_ values: [Float]) {
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
}

extension [Float] {
    /// The smallest and the largest element; (+inf, -inf) of nothing.
    /// - Throws: `NotFinite`.
    func finiteExtent() throws -> (low: Float, high: Float) {
        var low = Float.infinity
        var high = -Float.infinity
        // Adds up to zero unless an element is infinite or not a number.
        var poison: Float = 0
        for value in self {
            low = value < low ? value : low
            high = value > high ? value : high
            poison += value * 0
        }
        guard poison == 0 else { throw NotFinite() }
        return (low, high)
    }
}
