// SPDX-License-Identifier: Apache-2.0
// From a model that was trained with rounding to its int8 program: nothing is left to choose.

import Foundation
import NNQFormat
import NNQGraph

extension Quantizer {
    /// The int8 program of a model that `prepared` made and training moved: its own scales, no calibration.
    /// - Throws: `QuantizeError` where the model does not round to integers, or no op fits.
    public func quantize(trained model: Model) throws -> Quantized {
        let model = try model.freezingBatchNorms()
        guard let rounding = model.metadata.fakeQuantization else {
            throw QuantizeError("the model was not trained for int8: calibrate it, or train it with --qat")
        }
        guard options.activationBits == .eight, rounding.wideOutputs.isEmpty else {
            throw QuantizeError(
                "the model was trained for activations of 8 bits: quantize it with those, or the model before --qat")
        }
        let (plain, scales) = model.withoutRounding(rounding)
        let (float, removals) = try plain.rewritten([.removeDropout, .removeIdentities])
        var rewrites = removals
        let fusion = ActivationFusion(float.graph, isEnabled: true, report: &rewrites)
        var outputs = scales.outputs
        let sharing = ConcatSharing(float.graph, calibrated: fusion, metadata: float.metadata)
        for (joined, concat) in sharing.owner {
            let name = float.graph.nodes[joined].name
            outputs[name] = outputs[float.graph.nodes[concat].name] ?? outputs[name]
        }
        let ranges = OutputRanges(float.graph, given: outputs)
        let steps = rounding.weightBits.mapValues { FakeQuantization.largestWeight(bits: $0) }
        let lowering = try Lowering(float, fusion, ranges, weightScales: scales.weights, steps: steps)
        var options = options
        options.weightBits = WeightBits(all: 8, layers: rounding.weightBits)
        var report = QuantizationReport(options: options, rewrites: rewrites)
        report.adjustments = lowering.adjustments
        return Quantized(
            program: lowering.program, report: report, foldedModel: float, nodeOfTensor: lowering.nodeOfTensor,
            weights: lowering.quantizedWeights)
    }
}

extension Model {
    /// The model of plain floats, weights rounded as the engine rounds them, and the scales that it rounded with.
    func withoutRounding(
        _ rounding: FakeQuantization
    ) -> (model: Model, scales: (outputs: [String: Quantization], weights: [String: [Float]])) {
        var model = self
        model.metadata.fakeQuantization = nil
        var outputs: [String: Quantization] = [:]
        for (name, zeroPoint) in rounding.zeroPoints {
            let scale = model.parameters.removeValue(forKey: FakeQuantization.outputLog2Scale(of: name))!.values[0]
            outputs[name] = Quantization(scale: exp2f(scale), zeroPoint: Int8(zeroPoint))
        }
        var weights: [String: [Float]] = [:]
        for (name, bits) in rounding.weightBits {
            let scales = model.parameters.removeValue(forKey: FakeQuantization.weightLog2Scale(of: name))!.values
                .map(exp2f)
            let most = Float(FakeQuantization.largestWeight(bits: bits))
            var weight = model.parameters["\(name).weight"]!
            let terms = weight.count / scales.count
            for place in weight.values.indices {
                let scale = scales[place / terms]
                let steps = min(max(weight.values[place] / scale, -most), most)
                weight.values[place] = steps.rounded(.toNearestOrEven) * scale
            }
            model.parameters["\(name).weight"] = weight
            weights[name] = scales
        }
        return (model, (outputs, weights))
    }
}
