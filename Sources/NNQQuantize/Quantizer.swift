// SPDX-License-Identifier: Apache-2.0
// From a float model to an int8 program: rewrite, equalize, calibrate, lower, correct.

import NNQFormat
import NNQGraph

/// An int8 program and the float model that it stands for.
public struct Quantized: Sendable {
    public var program: Program
    public var report: QuantizationReport
    /// The float model after the rewrites and, where chosen, equalization and absorption; its layers are those of the
    /// program.
    public var foldedModel: Model
    /// By tensor of the program: the node of `foldedModel` whose values it holds, nil for steps in between.
    public var nodeOfTensor: [String?]
    /// The layers of weights, in the program's order.
    public var weights: [QuantizedWeights]
}

/// Quantizes float models: 8-bit (or 16-bit) activations with a scale for each tensor, 8-bit weights with a scale for
/// each output channel, 32-bit accumulators (Jacob et al., "Quantization and Training of Neural Networks for Efficient
/// Integer-Arithmetic-Only Inference", 2018; per-channel weights after Krishnamoorthi, "Quantizing deep convolutional
/// networks for efficient inference", 2018).
public struct Quantizer: Sendable {
    public var options: QuantizationOptions

    public init(_ options: QuantizationOptions = QuantizationOptions()) { self.options = options }

    /// What a quantization is at.
    public enum Stage: String, Sendable {
        /// Calibration samples.
        case calibrating
        /// Layers whose biases or weights are adjusted to the calibration samples.
        case correcting
    }

    /// - Parameters:
    ///   - calibration: samples like those that the program will see, and the engine that runs the model over them.
    ///   - progress: told the samples or layers done and their number in all.
    /// - Throws: `QuantizeError` naming the layer that cannot be an int8 op; what `calibration` throws.
    public func quantize(
        _ model: Model, calibration: some FloatSource, progress: (Stage, Int, Int) -> Void = { _, _, _ in }
    ) throws -> Quantized {
        let (folded, rewrites) = try model.rewritten(options.rewrites)
        try options.weightBits.check(folded)
        var report = QuantizationReport(options: options, rewrites: rewrites)
        let float = try conditioned(folded, calibration, &report)
        let fusion = ActivationFusion(
            float.graph, isEnabled: options.rewrites.contains(.fuseActivations), report: &report.rewrites)
        let widths = try LayerWidths(options.activationBits, float.graph, fusion, metadata: float.metadata)
        try options.weightBits.check(float, widths)
        report.wideLayers = widths.names
        let needed = OutputRanges.needed(float.graph, fusion, metadata: float.metadata)
        let linear = options.runsPrefix ? float.linearNames : []
        let calibrated = try Calibration(
            float, nodes: needed, widths: widths, channelNodes: linear, source: calibration, options: options
        ) { progress(.calibrating, $0, $1) }
        report.calibrationSamples = calibrated.samples
        report.calibration = calibrated.ranges
        let ranges = OutputRanges(float.graph, calibrated: calibrated.ranges.mapValues(\.clip), widths)
        let weights = ScaledWeights(float, options.chosenScales, options.weightBits)
        report.weightScales = weights.report
        var correction = try Correction(weights, fusion, ranges)
        if options.runsPrefix {
            try correction.run(float, calibrated, calibration, options) { progress(.correcting, $0, $1) }
        }
        if options.biasCorrection == .analytic {
            let expected = try ExpectedMeans(model)
            try correction.correctMeans(
                float, try expected.means(in: float.graph, report.equalization, report.absorbBias))
        }
        report.biasCorrection = correction.biasReport
        report.adaround = correction.roundingReport
        report.adjustments = correction.lowering.adjustments
        var program = correction.lowering.program
        program.info.equalization = report.equalization?.exponents
        program.info.absorbedBias = report.absorbBias?.amounts
        return Quantized(
            program: program, report: report, foldedModel: float, nodeOfTensor: correction.lowering.nodeOfTensor,
            weights: correction.lowering.quantizedWeights)
    }

    /// The float model after equalization and absorption, which keep what it computes.
    func conditioned(
        _ model: Model, _ source: some FloatSource, _ report: inout QuantizationReport
    ) throws -> Model {
        var model = model
        if let mode = options.equalize {
            let scaling = try ChannelScaling(model, mode: mode, statistics: statistics(model, source))
            model = try model.equalized(by: scaling.exponents)
            report.equalization = EqualizationReport(scaling)
        }
        if options.absorbBias {
            let amounts = try model.absorbableBias(statistics(model, source))
            model = try model.absorbing(amounts)
            report.absorbBias = AbsorptionReport(amounts: amounts)
        }
        return model
    }

    private func statistics(_ model: Model, _ source: some FloatSource) throws -> [String: ChannelStatistics] {
        let firsts = try ChannelLink.all(in: model.graph).map { model.graph.nodes[$0.first].name }
        guard !firsts.isEmpty else { return [:] }
        return try Calibration(
            model, nodes: [], channelNodes: firsts, source: source, options: options, progress: { _, _ in }
        ).channels
    }
}

extension QuantizationOptions {
    /// Whether something needs what the int8 layers compute.
    var runsPrefix: Bool { biasCorrection == .data || adaround }
    /// Four bits have too few steps to spend them on the rare largest weights.
    var chosenScales: WeightScales { weightScales ?? (weightBits.hasFour ? .mse : .max) }
}

extension Model {
    /// Names of the layers of weights.
    var linearNames: [String] { graph.nodes.filter(\.layer.isLinear).map(\.name) }
}
