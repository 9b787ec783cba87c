// SPDX-License-Identifier: Apache-2.0
// What watches the values of one tensor during calibration.

/// Sees the values of a tensor in any number of portions and tells their range; its memory does not grow with them.
package protocol Observer: Sendable {
    /// - Throws: `NotFinite` where a value is infinite or not a number.
    mutating func observe(_ values: [Float]) throws
    var range: ValueRange { get }
}

/// A calibrated value is infinite or not a number.
package struct NotFinite: Error {}

extension Calibrator {
    package func makeObserver() -> any Observer {
        switch self {
        case .minMax: MinMaxObserver()
        case .percentile(let percent): HistogramObserver(percent: percent)
        }
    }
}

/// Keeps the smallest and the largest value.
package struct MinMaxObserver: Observer {
    private var low = Float.infinity
    private var high = -Float.infinity

    package init() {}

    package mutating func observe(_ values: [Float]) throws {
        let (low, high) = try values.finiteExtent()
        self.low = min(self.low, low)
        self.high = max(self.high, high)
    }

    package var range: ValueRange { low <= high ? ValueRange(low, high) : ValueRange(0, 0) }
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
