// SPDX-License-Identifier: Apache-2.0
// Batch norms that live on for the first epochs of training for int8, and what freezing makes of them.
//
// With a scale for each channel of weights, rounding and folding commute: the weights `factor * w` in steps of
// `|factor| * scale` are the integers that w is in steps of `scale`, up to the factor's sign. And a batch norm by the
// batch's statistics does not see a factor on what it reads. So training with rounded weights before live batch norms
// is training with folded ones (Jacob et al., 2018, section 3.2), and freezing changes no weight's integer.

import Foundation
import NNQGraph

/// A batch norm and the layer of weights that takes it up.
private struct FoldableBatchNorm {
    let linear, batchNorm: String
    /// By channel: what the weights are multiplied with.
    let factors: [Double]
}

extension Model {
    private var hasBatchNorms: Bool { graph.nodes.contains { $0.layer.isBatchNorm } }

    /// - Throws: `QuantizeError` for a batch norm that no layer of weights can take up.
    private func foldableBatchNorms() throws -> [FoldableBatchNorm] {
        let consumers = graph.consumers
        return try graph.nodes.enumerated().compactMap { index, node in
            guard case .batchNorm(let epsilon, _) = node.layer else { return nil }
            let source = node.inputs[0]
            let linear = graph.nodes[source]
            guard parameters["\(linear.name).weight"] != nil, !linear.layer.isBatchNorm,
                consumers[source] == [index], !graph.outputs.contains(source)
            else {
                throw QuantizeError.at(
                    node, "it follows no layer of weights that could take it up: train without --freeze-batch-norm")
            }
            let (gamma, variance) = (
                parameters["\(node.name).weight"]!.values, parameters["\(node.name).running_var"]!.values
            )
            let factors = zip(gamma, variance).map { Double($0) / (Double($1) + Double(epsilon)).squareRoot() }
            return FoldableBatchNorm(linear: linear.name, batchNorm: node.name, factors: factors)
        }
    }

    /// This model with the rounding of `folded`, its own batch norms left in place.
    func keepingBatchNorms(roundedAs folded: Model) throws -> Model {
        let batchNorms = try foldableBatchNorms()
        var model = self
        guard let rounding = folded.metadata.fakeQuantization else { return folded }
        for (name, tensor) in folded.parameters where name.hasSuffix("_log2_scale") { model.parameters[name] = tensor }
        model.metadata.fakeQuantization = rounding
        for item in batchNorms {
            model.moveRounding(from: item.linear, to: item.batchNorm)
            model.scaleWeightSteps(of: item.linear, by: item.factors.map { $0 == 0 ? 1 : 1 / abs($0) })
        }
        return model
    }

    /// The model as it goes on once its batch norms are frozen: folded by their running statistics into the layers
    /// before them, all weights the same integers.
    ///
    /// A model without batch norms, or one that rounds nothing, is returned as it is.
    /// - Throws: `QuantizeError` for a batch norm that no layer of weights can take up.
    public func freezingBatchNorms() throws -> Model {
        guard let rounding = metadata.fakeQuantization, hasBatchNorms else { return self }
        let batchNorms = try foldableBatchNorms()
        var plain = self
        plain.metadata.fakeQuantization = nil
        let scales = parameters.filter { $0.key.hasSuffix("_log2_scale") }
        for name in scales.keys { plain.parameters[name] = nil }
        var (folded, _) = try plain.rewritten(Set(Rewrite.allCases).subtracting([.removeDropout]))
        folded.parameters.merge(scales) { first, _ in first }
        folded.metadata.fakeQuantization = rounding
        for item in batchNorms {
            folded.moveRounding(from: item.batchNorm, to: item.linear)
            folded.scaleWeightSteps(of: item.linear, by: item.factors.map { $0 == 0 ? 1 : abs($0) })
        }
        return folded
    }

    /// A tensor that is rounded behind one layer is to be rounded behind another.
    private mutating func moveRounding(from old: String, to new: String) {
        guard let zeroPoint = metadata.fakeQuantization?.zeroPoints.removeValue(forKey: old) else { return }
        metadata.fakeQuantization!.zeroPoints[new] = zeroPoint
        parameters[FakeQuantization.outputLog2Scale(of: new)] = parameters.removeValue(
            forKey: FakeQuantization.outputLog2Scale(of: old))
    }

    private mutating func scaleWeightSteps(of layer: String, by factors: [Double]) {
        let name = FakeQuantization.weightLog2Scale(of: layer)
        guard var scales = parameters[name] else { return }
        for channel in factors.indices { scales.values[channel] += Float(log2(factors[channel])) }
        parameters[name] = scales
    }
}

extension Layer {
    fileprivate var isBatchNorm: Bool { if case .batchNorm = self { true } else { false } }
}
