// SPDX-License-Identifier: Apache-2.0
// A histogram of few bins, to be drawn.

/// Counts of values in bins of one width.
public struct ValueHistogram: Hashable, Codable, Sendable {
    /// The lower edge of the first bin, which belongs to it.
    public var low: Double
    public var binWidth: Double
    /// By bin; without zeros.
    public var counts: [Int]
    /// Values that are 0.
    public var zeros: Int

    enum CodingKeys: String, CodingKey {
        case low, counts, zeros
        case binWidth = "bin_width"
    }

    public init(low: Double, binWidth: Double, counts: [Int], zeros: Int) {
        (self.low, self.binWidth, self.counts, self.zeros) = (low, binWidth, counts, zeros)
    }

    public var total: Int { zeros + counts.reduce(0, +) }
}

extension HistogramObserver {
    /// The counts in at most so many bins, whose width is a power of two and whose edges are multiples of it; without
    /// empty bins at the ends.
    package func merged(bins: Int) -> ValueHistogram {
        guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 }) else {
            return ValueHistogram(low: 0, binWidth: 1, counts: [], zeros: zeros)
        }
        var shift = 0
        func place(_ bin: Int) -> Int { (bin - Self.side) >> shift }
        while place(last) - place(first) >= bins { shift += 1 }
        var merged = Array(repeating: 0, count: place(last) - place(first) + 1)
        for bin in first...last { merged[place(bin) - place(first)] += counts[bin] }
        let binWidth = Double(width) * Double(1 << shift)
        return ValueHistogram(low: Double(place(first)) * binWidth, binWidth: binWidth, counts: merged, zeros: zeros)
    }
}
