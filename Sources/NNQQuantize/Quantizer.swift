// SPDX-License-Identifier: Apache-2.0
// From a float model to an int8 program: rewrite, calibrate, lower.

import NNQFormat
import NNQGraph

/// What quantization did.
public struct QuantizationReport: Hashable, Codable, Sendable {
    public var options: QuantizationOptions
    public var rewrites: RewriteReport
    /// Samples that the calibration ran.
    public var calibrationSamples: Int
    /// Calibrated ranges by layer.
    public var ranges: [String: ValueRange]
    /// Layers whose scales are not those asked for.
    public var adjustments: [Adjustment]
}

/// An int8 program and the float model that it stands for.
public struct Quantized: Sendable {
    public var program: Program
    public var report: QuantizationReport
    /// The float model after the rewrites; its layers are those of the program.
    public var foldedModel: Model
    /// By tensor of the program: the node of `foldedModel` whose values it holds, nil for steps in between.
    public var nodeOfTensor: [String?]
}

/// Quantizes float models: 8-bit activations with a scale for each tensor, 8-bit weights with a scale for each output
/// channel, 32-bit accumulators (Jacob et al., "Quantization and Training of Neural Networks for Efficient
/// Integer-Arithmetic-Only Inference", 2018; per-channel weights after Krishnamoorthi, "Quantizing deep convolutional
/// networks for efficient inference", 2018).
public struct Quantizer: Sendable {
    public var options: QuantizationOptions

    public init(_ options: QuantizationOptions = QuantizationOptions()) { self.options = options }

    /// - Parameters:
    ///   - calibration: samples like those that the program will see, and the engine that runs the model over them.
    ///   - progress: told the calibration samples done and their number in all.
    /// - Throws: `QuantizeError` naming the layer that cannot be an int8 op; what `calibration` throws.
    public func quantize(
        _ model: Model, calibration: some FloatSource, progress: (Int, Int) -> Void = { _, _ in }
    ) throws -> Quantized {
        var (folded, rewrites) = try model.rewritten(options.rewrites)
        let fusion = ActivationFusion(
            folded.graph, isEnabled: options.rewrites.contains(.fuseActivations), report: &rewrites)
        let needed = OutputRanges.needed(folded.graph, fusion, metadata: folded.metadata)
        let calibrated = try Calibration(
            folded, nodes: needed.map { folded.graph.nodes[$0].name }, source: calibration, options: options,
            progress: progress)
        let lowering = try Lowering(
            folded, fusion, OutputRanges(folded.graph, calibrated: calibrated.ranges))
        let report = QuantizationReport(
            options: options, rewrites: rewrites, calibrationSamples: calibrated.samples, ranges: calibrated.ranges,
            adjustments: lowering.adjustments)
        return Quantized(
            program: lowering.program, report: report, foldedModel: folded, nodeOfTensor: lowering.nodeOfTensor)
    }
}
