// SPDX-License-Identifier: Apache-2.0
// Batch norm as part of the weights before it (Jacob et al., "Quantization and Training of Neural Networks for
// Efficient Integer-Arithmetic-Only Inference", 2018, section 3.2), or else as a depthwise convolution of its own.

import NNQGraph

extension ModelDraft {
    /// Folds every batch norm that is the only reader of a convolution or dense layer into that layer.
    mutating func foldBatchNorm(_ report: inout RewriteReport) {
        for index in nodes.indices {
            guard case .batchNorm(let epsilon, _) = nodes[index].layer else { continue }
            // A fold before this one may have left a layer that was behind another batch norm.
            let linear = nodes[index].inputs[0]
            guard soleConsumer(of: linear) == index, let biased = nodes[linear].layer.withBias else { continue }
            fold(batchNormAffine(index, epsilon), into: linear)
            replace(linear, layer: biased)
            report.note(.foldBatchNorm, nodes[index].name, "folded into '\(nodes[linear].name)'")
            bypass(index)
        }
    }

    /// Turns batch norms into depthwise 1x1 convolutions, which have weights and a bias that can be quantized. A
    /// value that is not a map is reshaped to one and back.
    mutating func expressBatchNorm() {
        var index = 0
        while index < nodes.count {
            if case .batchNorm(let epsilon, _) = nodes[index].layer {
                index = expressBatchNorm(index, epsilon)
            }
            index += 1
        }
    }

    /// Returns the index of the node that now gives the result.
    private mutating func expressBatchNorm(_ place: Int, _ epsilon: Float) -> Int {
        let affine = batchNormAffine(place, epsilon)
        let shape = shapes[place]
        var index = place
        if !shape.isMap {
            let extents = MapExtents(shape)
            let map: Shape = [extents.height, extents.width, extents.channels]
            let name = nodes[index].name
            insert(.reshape(map), shape: map, inputs: nodes[index].inputs, name: "\(name).map", at: index)
            index += 1
            setInputs(index, [index - 1])
            insert(.reshape(shape), shape: shape, inputs: [index], name: "\(name).unmap", at: index + 1)
            redirect(readersOf: index, to: index + 1, except: index + 1)
        }
        for parameter in ["running_mean", "running_var"] { self[index, parameter] = nil }
        self[index, "weight"] = Tensor(
            shape: [affine.factors.count, 1, 1, 1], values: affine.factors.map { Float($0) })
        self[index, "bias"] = Tensor(shape: [affine.factors.count], values: affine.terms.map { Float($0) })
        replace(index, layer: .depthwiseConv2D(multiplier: 1, window: Window(kernel: 1), bias: true))
        return shape.isMap ? index : index + 1
    }

    /// A batch norm as `factor * x + term` for each channel.
    private func batchNormAffine(_ index: Int, _ epsilon: Float) -> (factors: [Double], terms: [Double]) {
        let gamma = self[index, "weight"]!.values
        let beta = self[index, "bias"]!.values
        let mean = self[index, "running_mean"]!.values
        let variance = self[index, "running_var"]!.values
        let factors = gamma.indices.map { Double(gamma[$0]) / (Double(variance[$0]) + Double(epsilon)).squareRoot() }
        let terms = gamma.indices.map { Double(beta[$0]) - Double(mean[$0]) * factors[$0] }
        return (factors, terms)
    }

    /// Weights of every layer with a bias are channel-major.
    private mutating func fold(_ affine: (factors: [Double], terms: [Double]), into index: Int) {
        var weight = self[index, "weight"]!
        let channels = affine.factors.count
        let size = weight.count / channels
        for place in weight.values.indices {
            weight.values[place] = Float(Double(weight.values[place]) * affine.factors[place / size])
        }
        let old = self[index, "bias"]?.values ?? Array(repeating: 0, count: channels)
        let bias = old.indices.map { Float(Double(old[$0]) * affine.factors[$0] + affine.terms[$0]) }
        self[index, "weight"] = weight
        self[index, "bias"] = Tensor(shape: [channels], values: bias)
    }
}

extension Layer {
    /// The layer with a bias, or nil where it has no weights.
    fileprivate var withBias: Layer? {
        switch self {
        case .dense(let units, _): .dense(units: units, bias: true)
        case .conv2D(let filters, let window, let groups, _):
            .conv2D(filters: filters, window: window, groups: groups, bias: true)
        case .depthwiseConv2D(let multiplier, let window, _):
            .depthwiseConv2D(multiplier: multiplier, window: window, bias: true)
        case .transposedConv2D(let filters, let window, let outputPadding, let groups, _):
            .transposedConv2D(
                filters: filters, window: window, outputPadding: outputPadding, groups: groups, bias: true)
        default: nil
        }
    }
}
