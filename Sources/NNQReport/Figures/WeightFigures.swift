// SPDX-License-Identifier: Apache-2.0
// One layer of weights, float and in integers.

import NNQGraph
import NNQQuantize

/// How well integers hold a layer's weights.
public struct WeightFigures: Hashable, Codable, Sendable {
    public var layer: String
    /// 8 or 4.
    public var bits: Int
    /// Weights of one output channel.
    public var terms: Int
    /// By output channel: the real value of one step.
    public var scales: [Double]
    /// By output channel: the largest float weight, without sign.
    public var largest: [Float]
    /// By output channel: of the 255 steps (15 of 4 bits), those that occur.
    public var stepsUsed: [Int]
    /// Float weights that lie more than half a step outside of the integers.
    public var clipped: Int
    /// Signal to noise in dB; nil where nothing differs.
    public var sqnr: Double?
    /// Float weights in steps of their channel; the integers end at -127 and 127 (-7 and 7 of 4 bits).
    public var histogram: ValueHistogram

    enum CodingKeys: String, CodingKey {
        case layer, bits, terms, scales, largest, clipped, histogram
        case stepsUsed = "steps_used"
        case sqnr = "sqnr_db"
    }

    /// The largest weight in integers.
    public var steps: Int { (1 << (bits - 1)) - 1 }

    /// The largest channel's largest weight over the smallest channel's, channels of zeros left out; 1 where there are
    /// none.
    public var spread: Double {
        let alive = largest.filter { $0 > 0 }
        guard let least = alive.min(), let most = alive.max() else { return 1 }
        return Double(most) / Double(least)
    }

    /// Channels without any weight.
    public var deadChannels: Int { largest.count { $0 == 0 } }

    /// - Parameter exact: the float weights, in the order of the integers.
    init(_ weights: QuantizedWeights, exact: [Float]) throws {
        let terms = weights.terms
        layer = weights.layer
        bits = weights.steps == 7 ? 4 : 8
        self.terms = terms
        scales = weights.scales
        largest = weights.scales.indices.map { channel in
            exact[channel * terms..<(channel + 1) * terms].reduce(0) { max($0, abs($1)) }
        }
        stepsUsed = weights.scales.indices.map { channel in
            Set(weights.filter[channel * terms..<(channel + 1) * terms]).count
        }
        var ratio = SignalToNoise()
        ratio.add(exact, weights.dequantized)
        sqnr = ratio.decibels
        let inSteps = exact.indices.map { place -> Float in
            let scale = weights.scales[place / terms]
            return scale > 0 ? Float(Double(exact[place]) / scale) : 0
        }
        clipped = inSteps.count { abs($0) > Float(weights.steps) + 0.5 }
        var observer = HistogramObserver()
        try observer.observe(inSteps)
        histogram = observer.merged(bins: 64)
    }
}
