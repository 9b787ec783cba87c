// SPDX-License-Identifier: Apache-2.0
// The range with the least expected squared error.

extension HistogramObserver {
    /// Inside of a range, values err by `step^2 / 12` in the mean, zeros not at all; outside, by their distance from
    /// it. (Sung, Shin and Hwang, "Resiliency of Deep Neural Networks under Quantization", 2015, choose scales so.)
    var leastSquaresRange: ValueRange {
        let moments = BinMoments(self)
        return best { below, above in moments.squaredError(below: below, above: above) }
    }
}

/// Sums over the bins under each edge, in units of a bin's width.
private struct BinMoments {
    /// By edge, `2 * side + 1` of them: values under it, and the sums of their centres and of the squares of those.
    private var count: [Double] = [0]
    private var sum: [Double] = [0]
    private var square: [Double] = [0]

    init(_ histogram: HistogramObserver) {
        for (bin, number) in histogram.counts.enumerated() {
            let centre = Double(bin - HistogramObserver.side) + 0.5
            let number = Double(number)
            count.append(count[bin] + number)
            sum.append(sum[bin] + number * centre)
            square.append(square[bin] + number * centre * centre)
        }
    }

    /// Of all values together, in squared widths of a bin.
    func squaredError(below: Int, above: Int) -> Double {
        let (low, high) = (HistogramObserver.side - below, HistogramObserver.side + above)
        let step = Double(below + above) / 255
        return (count[high] - count[low]) * step * step / 12
            + distance(0, low, from: Double(-below)) + distance(high, count.count - 1, from: Double(above))
    }

    /// The sum of `(x - limit)^2` over the values between two edges.
    private func distance(_ first: Int, _ last: Int, from limit: Double) -> Double {
        let (n, s, q) = (count[last] - count[first], sum[last] - sum[first], square[last] - square[first])
        return max(0, q - 2 * limit * s + limit * limit * n)
    }
}
