// SPDX-License-Identifier: Apache-2.0
// The range whose quantized histogram diverges least from the whole one.

import Foundation

extension HistogramObserver {
    /// Migacz, "8-bit Inference with TensorRT", 2017: P is the histogram with what a range cuts off added to its outer
    /// bins, Q is what remains of the histogram inside when each quantization step's bins share their values evenly,
    /// where they are not empty; the range with the least `KL(P || Q)` wins. Zeros are left out: they are exact.
    ///
    /// Here the steps are the 256 of a range that holds zero but need not be symmetric; ranges of fewer than 256 bins
    /// are no candidates, since each bin would have a step of its own.
    var leastDivergenceRange: ValueRange {
        let sums = DivergenceSums(self)
        let occupied = occupied
        return best { below, above in
            let isWhole = below == occupied.below && above == occupied.above
            return isWhole || below + above >= 256 ? sums.divergence(below: below, above: above) : nil
        }
    }
}

private struct DivergenceSums {
    private let counts: [Int]
    /// By edge: values, bins that are not empty, and `n log n` of the bins under it.
    private var count: [Double] = [0]
    private var filled: [Double] = [0]
    private var logs: [Double] = [0]

    init(_ histogram: HistogramObserver) {
        counts = histogram.counts
        for (bin, number) in counts.enumerated() {
            count.append(count[bin] + Double(number))
            filled.append(filled[bin] + (number > 0 ? 1 : 0))
            logs.append(logs[bin] + Self.term(Double(number)))
        }
    }

    private static func term(_ x: Double) -> Double { x > 0 ? x * log(x) : 0 }

    /// Nil where P has values in a bin in which Q has none.
    func divergence(below: Int, above: Int) -> Double? {
        let (low, high) = (HistogramObserver.side - below, HistogramObserver.side + above)
        let (under, over) = (count[low], count[count.count - 1] - count[high])
        let inside = count[high] - count[low]
        guard high > low, inside > 0, under == 0 || counts[low] > 0, over == 0 || counts[high - 1] > 0 else {
            return nil
        }
        var sum = logs[high] - logs[low]
        if high - low == 1 {
            sum += Self.term(inside + under + over) - Self.term(inside)
        } else {
            sum += Self.term(Double(counts[low]) + under) - Self.term(Double(counts[low]))
            sum += Self.term(Double(counts[high - 1]) + over) - Self.term(Double(counts[high - 1]))
        }
        let step = Double(high - low) / 255
        let zeroPoint = (Double(below) / step).rounded()
        var first = low
        for level in 0..<256 {
            let edge = (Double(level) - zeroPoint + 0.5) * step + Double(HistogramObserver.side)
            let last = level == 255 ? high : min(max(Int(edge.rounded()), first), high)
            let values = count[last] - count[first]
            if values > 0 {
                let cut = (first == low ? under : 0) + (last == high ? over : 0)
                sum -= (values + cut) * log(values / (filled[last] - filled[first]))
            }
            first = last
        }
        let total = inside + under + over
        return sum / total - log(total) + log(inside)
    }
}
