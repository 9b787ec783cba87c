// SPDX-License-Identifier: Apache-2.0
// Single layers: the network with one layer in int8, and with one layer in float.

import Foundation

/// How a network with some layers in int8 does beside the float one.
public struct SwapEffect: Hashable, Codable, Sendable {
    /// Signal to noise of the network's first output (before a softmax at the end) in dB; nil where nothing differs.
    public var sqnr: Double?
    /// Part of the samples, 0 ... 1, to which it gives the float network's answer; nil for regression.
    public var agreement: Double?
    /// Part of the samples answered rightly; nil for regression, or where right answers are unknown.
    public var accuracy: Double?

    public init(sqnr: Double? = nil, agreement: Double? = nil, accuracy: Double? = nil) {
        (self.sqnr, self.agreement, self.accuracy) = (sqnr, agreement, accuracy)
    }

    /// Power of the noise against that of the signal; 0 where nothing differs.
    public var noise: Double { sqnr.map { pow(10, -$0 / 10) } ?? 0 }

    enum CodingKeys: String, CodingKey {
        case agreement, accuracy
        case sqnr = "sqnr_db"
    }
}

/// One layer by itself.
public struct LayerSwap: Hashable, Codable, Sendable {
    public var layer: String
    /// This layer in int8, all others in float.
    public var onlyInt8: SwapEffect
    /// This layer in float, all others in int8.
    public var onlyFloat: SwapEffect

    public init(layer: String, onlyInt8: SwapEffect, onlyFloat: SwapEffect) {
        (self.layer, self.onlyInt8, self.onlyFloat) = (layer, onlyInt8, onlyFloat)
    }

    enum CodingKeys: String, CodingKey {
        case layer
        case onlyInt8 = "only_int8"
        case onlyFloat = "only_float"
    }
}

/// All layers of a network, one by one.
///
/// A layer in int8 is simulated in float: its weights and biases are those of the program, and its output is rounded to
/// the steps of the program's tensor, of 8 or 16 bits. Sums, tables and conversions between widths are exact; weights
/// of recurrent layers stay as they are.
public struct LayerSwaps: Hashable, Codable, Sendable {
    /// Samples that the figures are of.
    public var samples: Int
    public var floatAccuracy: Double?
    /// All layers in int8.
    public var allInt8: SwapEffect
    /// In the program's order.
    public var layers: [LayerSwap]

    public init(samples: Int, floatAccuracy: Double?, allInt8: SwapEffect, layers: [LayerSwap]) {
        (self.samples, self.floatAccuracy, self.allInt8, self.layers) = (samples, floatAccuracy, allInt8, layers)
    }

    /// A layer's part, 0 ... 1, of the noise that layers make one by one.
    public func noiseShare(_ layer: LayerSwap) -> Double {
        let sum = layers.reduce(0) { $0 + $1.onlyInt8.noise }
        return sum > 0 ? layer.onlyInt8.noise / sum : 0
    }

    enum CodingKeys: String, CodingKey {
        case samples, layers
        case floatAccuracy = "float_accuracy"
        case allInt8 = "all_int8"
    }
}
