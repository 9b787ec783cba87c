// SPDX-License-Identifier: Apache-2.0
// The walk over an int8 program that adjusts one layer of weights after the other to what reaches it.

import NNQFormat
import NNQGraph

/// A lowered model whose biases and weights can still change.
struct Correction {
    var weights: ScaledWeights
    private let fusion: ActivationFusion
    private let ranges: OutputRanges
    private(set) var lowering: Lowering
    var biasReport: [BiasCorrectionReport]?
    private(set) var roundingReport: [RoundingReport]?

    init(_ weights: ScaledWeights, _ fusion: ActivationFusion, _ ranges: OutputRanges) throws {
        self.weights = weights
        self.fusion = fusion
        self.ranges = ranges
        lowering = try Lowering(weights.model, fusion, ranges, weightScales: weights.scales, steps: weights.steps)
    }

    /// Each layer is adjusted on the inputs that the int8 layers before it give once they are adjusted themselves.
    /// Layers that int8 computes in another way than by a sum of products with their input, such as transposed
    /// convolutions, stay as they are.
    /// - Parameter float: the model that the program stands for, and what calibration found of it.
    mutating func run(
        _ float: Model, _ calibrated: Calibration, _ source: some FloatSource, _ options: QuantizationOptions,
        progress: (Int, Int) -> Void
    ) throws {
        if options.biasCorrection == .data { biasReport = [] }
        if options.adaround { roundingReport = [] }
        var prefix = PrefixRunner(lowering.program, inputs: try inputs(float, source, options))
        let count = lowering.program.operations.count
        for index in 0..<count {
            if let linear = lowering.linears[index], prefix.varies(lowering.program.operations[index]) {
                let layer = try Layer(linear, lowering, prefix.values(of: lowering.program.operations[index].inputs[0]))
                if let layer, options.adaround { try round(index, layer, float, source, options) }
                if let layer, options.biasCorrection == .data { try correctMean(index, layer, calibrated) }
            }
            try prefix.run(index, of: lowering.program)
            progress(index + 1, count)
        }
    }

    /// A layer of weights and what reaches it.
    struct Layer {
        let node: Int
        let name: String
        let inputs: LayerInputs
        let quantization: Quantization
        let type: ElementType
        /// By sample, bytes as they lie in memory.
        let values: [[Int8]]

        init?(_ linear: LoweredLinear, _ lowering: Lowering, _ values: [[Int8]]) throws {
            let own = lowering.graph.nodes[linear.node]
            let input = lowering.shapes[own.inputs[0]]
            guard let inputs = LayerInputs(own.layer, input: input, output: lowering.shapes[linear.node]) else {
                return nil
            }
            node = linear.node
            name = own.name
            self.inputs = inputs
            self.values = values
            quantization = lowering.inputQuantization(linear.node)
            type = lowering.widths[linear.node]
        }
    }

    /// The program's inputs on the calibration samples: by input, by sample.
    private func inputs(
        _ float: Model, _ source: some FloatSource, _ options: QuantizationOptions
    ) throws -> [[[Int8]]] {
        let tensors = lowering.program.tensors.prefix(lowering.program.inputCount)
        let names = float.graph.inputs.map { float.graph.nodes[$0].name }
        var inputs = names.map { _ in [[Int8]]() }
        try source.forEachBatch(of: float, nodes: names, limit: options.samples(of: source)) { batch in
            for (index, tensor) in tensors.enumerated() {
                for sample in 0..<batch.count {
                    let values = batch.values[index][sample * tensor.count..<(sample + 1) * tensor.count]
                    inputs[index].append(tensor.quantized(Array(values)))
                }
            }
        }
        return inputs
    }

    private mutating func correctMean(_ index: Int, _ layer: Layer, _ calibrated: Calibration) throws {
        let key = "\(layer.name).bias"
        let linear = lowering.linears[index]!
        // A layer without a bias has nothing to correct.
        guard let bias = weights.model.parameters[key], let mean = calibrated.channels[layer.name]?.mean else { return }
        let correction = MeanCorrection(inputs: layer.inputs)
        let shift =
            layer.type == .int8
            ? correction.shift(
                linear, values: layer.values, input: layer.quantization, bias: bias.values, mean: mean)
            : correction.shift(
                linear, values: layer.values.map(\.int16), input: layer.quantization, bias: bias.values, mean: mean)
        weights.model.parameters[key]!.values = zip(bias.values, shift).map { Float(Double($0) - $1) }
        biasReport!.append(BiasCorrectionReport(layer: layer.name, shift: shift))
        try lower()
    }

    mutating func note(_ report: RoundingReport) { roundingReport!.append(report) }

    /// Gives a layer other weights, whole steps of `scales`.
    mutating func replaceWeights(of layer: Layer, with values: [Float], _ scales: [Float]) throws {
        weights.model.parameters["\(layer.name).weight"]!.values = values
        weights.scales[layer.name] = scales
        try lower()
    }

    mutating func lower() throws {
        lowering = try Lowering(weights.model, fusion, ranges, weightScales: weights.scales, steps: weights.steps)
    }
}

extension [Int8] {
    /// The int16 elements whose bytes these are.
    var int16: [Int16] {
        withUnsafeBytes { raw in
            (0..<count / 2).map { raw.loadUnaligned(fromByteOffset: 2 * $0, as: Int16.self) }
        }
    }
}
