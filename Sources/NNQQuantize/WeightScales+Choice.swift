// SPDX-License-Identifier: Apache-2.0
// The scales of a filter's output channels, and the weights that remain inside of them.

extension WeightScales {
    /// Scales for the rows of a filter.
    /// - Parameters:
    ///   - filter: `channels` rows of equal length, finite.
    ///   - steps: the largest weight in integers, 127, or 7 for 4 bits.
    /// - Returns: one scale a channel, 0 for a channel of zeros, and the filter with each weight inside of that many
    ///   steps of its scale; what was clipped is the number of weights changed.
    package func choose(_ filter: [Float], channels: Int, steps: Int = 127) -> (
        scales: [Float], filter: [Float], clipped: Int
    ) {
        let terms = filter.count / channels
        let most = Float(steps)
        let largest = (0..<channels).map { channel in
            filter[channel * terms..<(channel + 1) * terms].reduce(0) { Swift.max($0, abs($1)) }
        }
        switch self {
        case .max: return (largest.map { $0 / most }, filter, 0)
        case .tensor: return (largest.map { _ in largest.max()! / most }, filter, 0)
        case .mse: break
        }
        var (scales, result, clipped) = (largest, filter, 0)
        for channel in 0..<channels {
            let places = channel * terms..<(channel + 1) * terms
            scales[channel] = Self.leastSquares(filter[places], largest: largest[channel], most)
            let limit = most * scales[channel]
            for place in places where abs(filter[place]) > limit {
                result[place] = filter[place] < 0 ? -limit : limit
                clipped += abs(filter[place]) > (most + 0.5) * scales[channel] ? 1 : 0
            }
        }
        return (scales, result, clipped)
    }

    /// Of clips at 40 % to 100 % of the largest weight, in steps of 1 %, the scale with the least squared error.
    private static func leastSquares(_ weights: ArraySlice<Float>, largest: Float, _ most: Float) -> Float {
        var best = (error: Float.infinity, scale: largest / most)
        guard best.scale.isNormal else { return best.scale }
        for percent in stride(from: 100, through: 40, by: -1) {
            let scale = largest * Float(percent) / (100 * most)
            let error = weights.reduce(Float(0)) { sum, weight in
                let steps = Swift.min(Swift.max((weight / scale).rounded(), -most), most)
                return sum + (weight - steps * scale) * (weight - steps * scale)
            }
            if error < best.error { best = (error, scale) }
        }
        return best.scale
    }
}
