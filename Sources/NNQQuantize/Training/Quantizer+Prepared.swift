// SPDX-License-Identifier: Apache-2.0
// From a float model to one that trains as it will run: quantization-aware training's start.

import Foundation
import NNQFormat
import NNQGraph

extension Quantizer {
    /// A model that computes what `model` does, but rounds to integers wherever its int8 program will: batch norms
    /// are folded into the layers before them, tensors and weights have the scales that quantization would give them,
    /// and these scales are parameters that training moves.
    ///
    /// Rounding stands exactly where `Lowering` makes int8 tensors (see `RoundedNodes`): behind fused activations,
    /// behind sums and means, at inputs. Batch norms are folded with their running statistics, so that from its first
    /// step training sees the weights that are rounded.
    /// - Parameter keepsBatchNorms: leaves batch norms in place, for training by the batches' statistics;
    ///   `Model.freezingBatchNorms` folds them later. Nothing is equalized then.
    /// - Throws: `QuantizeError`, of recurrent layers too, whose inside is not rounded; what `calibration` throws.
    public func prepared(
        _ model: Model, calibration: some FloatSource, keepsBatchNorms: Bool = false,
        progress: (Stage, Int, Int) -> Void = { _, _, _ in }
    ) throws -> Model {
        guard model.metadata.fakeQuantization == nil else { return model }
        if keepsBatchNorms {
            var plain = self
            (plain.options.equalize, plain.options.absorbBias) = (nil, false)
            let folded = try plain.prepared(model, calibration: calibration, progress: progress)
            return try model.keepingBatchNorms(roundedAs: folded)
        }
        // Training still needs its dropout.
        let (folded, rewrites) = try model.rewritten(options.rewrites.subtracting([.removeDropout]))
        try options.weightBits.check(folded)
        var report = QuantizationReport(options: options, rewrites: rewrites)
        var prepared = try conditioned(folded, calibration, &report)
        let graph = prepared.graph
        let fusion = ActivationFusion(graph, isEnabled: true, report: &report.rewrites)
        let needed = OutputRanges.needed(graph, fusion, metadata: prepared.metadata)
        let calibrated = try Calibration(
            prepared, nodes: needed, source: calibration, options: options
        ) { progress(.calibrating, $0, $1) }
        let ranges = OutputRanges(graph, calibrated: calibrated.ranges.mapValues(\.clip))
        let bits = options.weightBits.bits(in: prepared)
        var rounding = FakeQuantization(zeroPoints: [:], weightBits: bits)
        for (index, quantization) in try RoundedNodes(prepared, fusion, ranges).quantizations {
            let name = graph.nodes[index].name
            rounding.zeroPoints[name] = Int(quantization.zeroPoint)
            prepared.parameters[FakeQuantization.outputLog2Scale(of: name)] = Tensor(
                shape: [1], values: [log2f(quantization.scale)])
        }
        for (name, bits) in bits {
            let weight = prepared.parameters["\(name).weight"]!
            let scales = options.chosenScales.choose(
                weight.values, channels: weight.shape[0], steps: FakeQuantization.largestWeight(bits: bits)
            ).scales
            // A channel of zeros may grow; any step does.
            let least = (scales.max() ?? 0) > 0 ? scales.max()! / 64 : 1
            prepared.parameters[FakeQuantization.weightLog2Scale(of: name)] = Tensor(
                shape: [scales.count], values: scales.map { log2f(max($0, least)) })
        }
        prepared.metadata.fakeQuantization = rounding
        return prepared
    }
}
