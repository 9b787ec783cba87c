// SPDX-License-Identifier: Apache-2.0
// What a person can choose about quantization.

/// How the scales of weights are chosen.
public enum WeightScales: String, Hashable, Codable, Sendable, CaseIterable {
    /// For each output channel, the least that holds its largest weight.
    case max
    /// For each output channel, the one with the least squared error of rounding and clipping.
    case mse
    /// One for the whole filter, the least that holds its largest weight: for comparison, since it loses much where
    /// channels differ.
    case tensor
}

/// What cross-layer equalization brings to one size.
public enum Equalization: String, Hashable, Codable, Sendable, CaseIterable {
    /// The weights of a channel in the two layers that it lies between (Nagel et al., "Data-Free Quantization Through
    /// Weight Equalization and Bias Correction", 2019, section 4.1).
    case weights
    /// The calibrated activations of a channel and the weights that read it (the smoothing of Xiao et al.,
    /// "SmoothQuant", 2022, between neighbouring layers): with a weight scale for each output channel, weights that
    /// make a channel need no equalizing, but its activations share one scale with the others.
    case activations
}

/// Where the means of layers' outputs come from that bias correction restores.
public enum BiasCorrection: String, Hashable, Codable, Sendable, CaseIterable {
    /// From the calibration samples, run through the int8 program up to the layer.
    case data
    /// From the parameters of batch norms, where layers read what one gives: no samples are run.
    case analytic
}

/// Choices of quantization; the defaults suit most models.
public struct QuantizationOptions: Hashable, Codable, Sendable {
    public var calibrator: Calibrator
    /// Nil for `max`, and for `mse` where weights take 4 bits.
    public var weightScales: WeightScales?
    public var weightBits: WeightBits
    public var activationBits: ActivationBits
    /// Nil leaves channels as they are.
    public var equalize: Equalization?
    /// High-bias absorption (Nagel et al., 2019, section 4.1.3).
    public var absorbBias: Bool
    /// Nil leaves biases as they are.
    public var biasCorrection: BiasCorrection?
    /// Learned rounding of weights (Nagel et al., "Up or Down? Adaptive Rounding for Post-Training Quantization",
    /// 2020).
    public var adaround: Bool
    /// Rewrites to make before lowering.
    public var rewrites: Set<Rewrite>
    /// Samples to calibrate on, at least 1; fewer are used where there are fewer.
    public var calibrationSamples: Int

    public init(
        calibrator: Calibrator = .mse, weightScales: WeightScales? = nil, weightBits: WeightBits = .eight,
        activationBits: ActivationBits = .eight, equalize: Equalization? = .weights, absorbBias: Bool = false,
        biasCorrection: BiasCorrection? = .data,
        adaround: Bool = false,
        rewrites: Set<Rewrite> = Set(Rewrite.allCases), calibrationSamples: Int = 512
    ) {
        self.calibrator = calibrator
        self.weightScales = weightScales
        self.weightBits = weightBits
        self.activationBits = activationBits
        self.equalize = equalize
        self.absorbBias = absorbBias
        self.biasCorrection = biasCorrection
        self.adaround = adaround
        self.rewrites = rewrites
        self.calibrationSamples = calibrationSamples
    }

    /// Rewrites in alphabetical order, so that equal options give equal text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(calibrator, forKey: .calibrator)
        try container.encodeIfPresent(weightScales, forKey: .weightScales)
        try container.encode(weightBits, forKey: .weightBits)
        try container.encode(activationBits, forKey: .activationBits)
        try container.encodeIfPresent(equalize, forKey: .equalize)
        try container.encode(absorbBias, forKey: .absorbBias)
        try container.encodeIfPresent(biasCorrection, forKey: .biasCorrection)
        try container.encode(adaround, forKey: .adaround)
        try container.encode(rewrites.map(\.rawValue).sorted(), forKey: .rewrites)
        try container.encode(calibrationSamples, forKey: .calibrationSamples)
    }
}
