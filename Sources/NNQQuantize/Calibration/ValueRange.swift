// SPDX-License-Identifier: Apache-2.0
// The range of real values that a tensor must hold, and the quantization of it.

import NNQFormat

/// Real values from `low` to `high`; zero always lies inside, so that it can be represented exactly.
public struct ValueRange: Hashable, Codable, Sendable {
    /// At most 0.
    public let low: Float
    /// At least 0.
    public let high: Float

    /// The smallest range that holds both values and zero.
    public init(_ low: Float, _ high: Float) {
        self.low = min(low, 0)
        self.high = max(high, 0)
    }

    /// The values that a quantized tensor can take.
    init(representableIn quantization: Quantization) {
        self.init(quantization.dequantize(-128), quantization.dequantize(127))
    }

    func union(_ other: ValueRange) -> ValueRange { ValueRange(min(low, other.low), max(high, other.high)) }

    /// Scale of ranges that are too small to divide: 2^-64, so that products of scales stay normal floats.
    static let smallestScale: Float = 0x1p-64

    /// The quantization that spreads 256 steps over the range, with zero on a step. A range without extent gets steps
    /// of 1/255, of which any would do.
    package var quantization: Quantization {
        guard high > low else { return Quantization(scale: 1 / 255, zeroPoint: -128) }
        let scale = max(Float((Double(high) - Double(low)) / 255), Self.smallestScale)
        let zeroPoint = (-128 - Double(low) / Double(scale)).rounded()
        return Quantization(scale: scale, zeroPoint: Int8(min(max(zeroPoint, -128), 127)))
    }

    /// The quantization of int16 activations: the larger end on step 32767 of either sign, zero on step 0.
    package var symmetricQuantization: Quantization {
        let largest = Double(max(high, -low))
        guard largest > 0 else { return Quantization(scale: 1 / 32767, zeroPoint: 0) }
        return Quantization(scale: max(Float(largest / 32767), Self.smallestScale), zeroPoint: 0)
    }
}
