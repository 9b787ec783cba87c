// SPDX-License-Identifier: Apache-2.0
// From a histogram to a range: each calibrator's answer, and the search that two of them share.

import NNQFormat

extension HistogramObserver {
    /// The range that a calibrator chooses for the values seen.
    ///
    /// The steps of int16 are finer than the bins: what rounding loses is less than what any clip does, so that mse and
    /// entropy leave the extent as it is.
    package func range(by calibrator: Calibrator, for type: ElementType = .int8) -> ValueRange {
        switch calibrator {
        case .movingAverage: averageExtent
        case .percentile(let percent): percentileRange(percent)
        case .mse where type == .int8: leastSquaresRange
        case .entropy where type == .int8: leastDivergenceRange
        case .minMax, .mse, .entropy: extent
        }
    }

    /// The range that cuts off `100 - percent` percent of the values, half at each end.
    private func percentileRange(_ percent: Double) -> ValueRange {
        let cut = Double(total) * (100 - percent) / 200
        return ValueRange(
            max(extent.low, -edge(cut) { counts[Self.side - 1 - $0] }),
            min(extent.high, edge(cut) { counts[Self.side + $0] }))
    }

    /// Distance from zero, on one side, beyond which `cut` values lie; 0 where the side has fewer. Inside of a bin,
    /// values count as evenly spread.
    private func edge(_ cut: Double, _ counts: (Int) -> Int) -> Float {
        var beyond = 0.0
        for step in stride(from: Self.side - 1, through: 0, by: -1) {
            let count = Double(counts(step))
            if count > 0, beyond + count > cut {
                return Float(Double(step) + 1 - (cut - beyond) / count) * width
            }
            beyond += count
        }
        return 0
    }

    /// Bins that hold the extent: `below` of them under zero, `above` over it.
    var occupied: (below: Int, above: Int) {
        guard width > 0 else { return (0, 0) }
        let extent = extent
        return (
            min(Self.side, Int((-extent.low / width).rounded(.up))),
            min(Self.side, Int((extent.high / width).rounded(.down)) + (extent.high > 0 ? 1 : 0))
        )
    }

    /// The range of `below` bins under zero and `above` over it with the least `loss`, of all pairs from a grid that is
    /// even in the logarithm; the whole extent is one of them.
    /// - Parameter loss: nil for pairs that cannot be.
    func best(_ loss: (_ below: Int, _ above: Int) -> Double?) -> ValueRange {
        let occupied = occupied
        var best = (loss: Double.infinity, below: occupied.below, above: occupied.above)
        for below in Self.grid(occupied.below) {
            for above in Self.grid(occupied.above) {
                if let loss = loss(below, above), loss < best.loss { best = (loss, below, above) }
            }
        }
        let extent = extent
        return ValueRange(
            best.below == occupied.below ? extent.low : -Float(best.below) * width,
            best.above == occupied.above ? extent.high : Float(best.above) * width)
    }

    /// From `count` down to 1, each about 2 % less than the one before.
    private static func grid(_ count: Int) -> [Int] {
        var grid: [Int] = []
        var next = count
        while next > 0 {
            grid.append(next)
            next = min(next - 1, Int(Double(next) * 0.98))
        }
        return grid.isEmpty ? [0] : grid
    }
}
