// SPDX-License-Identifier: Apache-2.0
// The extent, mean and variance of each channel of a tensor, from a stream of its values.

/// Sums by channel, in double precision; channels are innermost.
package struct ChannelStatistics: Sendable {
    package private(set) var count = 0
    package private(set) var low: [Float]
    package private(set) var high: [Float]
    private var sum: [Double]
    private var square: [Double]

    package init(channels: Int) {
        low = Array(repeating: .infinity, count: channels)
        high = Array(repeating: -.infinity, count: channels)
        sum = Array(repeating: 0, count: channels)
        square = sum
    }

    package var channels: Int { low.count }
    /// By channel; 0 of nothing.
    package var mean: [Double] { sum.map { $0 / Double(max(count, 1)) } }
    /// By channel, of the values themselves (not an estimate for others).
    package var variance: [Double] {
        zip(square, mean).map { max(0, $0 / Double(max(count, 1)) - $1 * $1) }
    }

    /// - Precondition: `values` holds a whole number of positions.
    package mutating func observe(_ values: [Float]) {
        precondition(values.count % channels == 0)
        values.withUnsafeBufferPointer { values in
            for first in stride(from: 0, to: values.count, by: channels) {
                for channel in 0..<channels {
                    let value = values[first + channel]
                    low[channel] = min(low[channel], value)
                    high[channel] = max(high[channel], value)
                    sum[channel] += Double(value)
                    square[channel] += Double(value) * Double(value)
                }
            }
        }
        count += values.count / channels
    }
}
