// SPDX-License-Identifier: Apache-2.0
// What each method of a quantization changed.

/// What quantization did; what was not asked for is nil.
public struct QuantizationReport: Hashable, Codable, Sendable {
    public var options: QuantizationOptions
    public var rewrites: RewriteReport
    /// Layers whose op reads and writes activations of 16 bits, in the graph's order.
    public var wideLayers: [String] = []
    /// Samples that the calibration ran.
    public var calibrationSamples = 0
    /// By layer, the range that its output was given, and what that cuts off.
    public var calibration: [String: CalibratedRange] = [:]
    public var weightScales: [WeightScalesReport] = []
    public var equalization: EqualizationReport?
    public var absorbBias: AbsorptionReport?
    public var biasCorrection: [BiasCorrectionReport]?
    public var adaround: [RoundingReport]?
    /// Layers whose scales are not those asked for.
    public var adjustments: [Adjustment] = []

    init(options: QuantizationOptions, rewrites: RewriteReport) {
        self.options = options
        self.rewrites = rewrites
    }
}

/// How a layer's weights were scaled, where that is not by the largest of each channel.
public struct WeightScalesReport: Hashable, Codable, Sendable {
    public var layer: String
    /// Weights that lie more than half a step outside of 127 steps.
    public var clippedWeights: Int
    /// Mean of the squared errors of rounding and clipping, against the same with the largest weight of each channel.
    public var squaredError: Double
    public var squaredErrorOfMax: Double
}

/// Cross-layer equalization.
public struct EqualizationReport: Hashable, Codable, Sendable {
    /// Pairs of layers whose channels changed.
    public var pairs: Int
    /// Rounds over all pairs until nothing moved.
    public var iterations: Int
    /// The largest factor, or inverse of one, that a channel was scaled by.
    public var largestFactor: Double
    /// Channels that reach a ReLU6's clip and keep their scale.
    public var pinnedChannels: Int
    /// By layer, for each output channel: `8 * log2` of what it was divided by.
    public var exponents: [String: [Int]]

    init(_ scaling: ChannelScaling) {
        exponents = scaling.exponents
        pairs = exponents.count
        iterations = scaling.iterations
        pinnedChannels = scaling.pinnedChannels
        largestFactor = ChannelScaling.factor(exponents.values.flatMap { $0 }.map(abs).max() ?? 0)
    }
}

/// High-bias absorption.
public struct AbsorptionReport: Hashable, Codable, Sendable {
    /// By layer, for each output channel: what it became smaller by.
    public var amounts: [String: [Float]]
}

/// Bias correction of a layer.
public struct BiasCorrectionReport: Hashable, Codable, Sendable {
    public var layer: String
    /// Mean over the channels of the magnitude of what their means were off, in the layer's units.
    public var meanShift: Double
    public var largestShift: Double

    init(layer: String, shift: [Double]) {
        self.layer = layer
        meanShift = shift.reduce(0) { $0 + abs($1) } / Double(shift.count)
        largestShift = shift.reduce(0) { max($0, abs($1)) }
    }
}

/// Learned rounding of a layer.
public struct RoundingReport: Hashable, Codable, Sendable {
    public var layer: String
    /// Part of the weights, 0 ... 1, that are not the nearest ones any more.
    public var changedShare: Double
    /// Mean of the squared differences from the float layer's outputs before the activation, with the nearest weights.
    public var squaredErrorBefore: Double
    /// The same with the learned ones.
    public var squaredErrorAfter: Double
}
