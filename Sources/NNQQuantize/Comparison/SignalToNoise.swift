// SPDX-License-Identifier: Apache-2.0
// How much of a float tensor survives quantization.

import Foundation

/// Signal and noise of one tensor, over any number of samples.
package struct SignalToNoise: Sendable {
    private var signal = 0.0
    private var noise = 0.0
    package private(set) var largestError: Float = 0

    package init() {}

    package mutating func add(_ exact: some Sequence<Float>, _ approximation: some Sequence<Float>) {
        for (x, y) in zip(exact, approximation) {
            let error = y - x
            signal += Double(x) * Double(x)
            noise += Double(error) * Double(error)
            largestError = max(largestError, abs(error))
        }
    }

    /// `10 log10(sum x^2 / sum (x - y)^2)`; nil where there is no error or no signal.
    package var decibels: Double? { signal > 0 && noise > 0 ? 10 * log10(signal / noise) : nil }
}
