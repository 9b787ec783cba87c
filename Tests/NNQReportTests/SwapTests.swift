// SPDX-License-Identifier: Apache-2.0
// Layers in int8 one by one, against a network that is small enough to be written out.

import Foundation
import NNQBase
import NNQData
import NNQFormat
import NNQGraph
import NNQQuantize
import NNQReport
import NNQTrain
import Testing

@Suite struct SwapTests {
    /// Two dense layers with a ReLU between them, in double precision; those of `int8` round.
    private static func run(_ sample: [Float], _ quantized: Quantized, int8: Set<String>) -> [Double] {
        let model = quantized.foldedModel
        func round(_ values: [Double], _ name: String) -> [Double] {
            guard int8.contains(name) else { return values }
            let tensor = quantized.program.tensors.first { $0.name == name }!
            let (scale, zeroPoint) = (Double(tensor.quantization.scale), Double(tensor.quantization.zeroPoint))
            let (lowest, highest) = tensor.type == .int16 ? (-32768.0, 32767.0) : (-128, 127)
            return values.map { value in
                let q = (value / scale).rounded(.toNearestOrEven) + zeroPoint
                return scale * (min(max(q, lowest), highest) - zeroPoint)
            }
        }
        func dense(_ input: [Double], _ name: String) -> [Double] {
            var weight = model.parameters["\(name).weight"]!.values.map { Double($0) }
            var bias = model.parameters["\(name).bias"]!.values.map { Double($0) }
            if int8.contains(name) {
                let integers = quantized.weights.first { $0.layer == name }!
                weight = weight.indices.map { Double(integers.filter[$0]) * integers.scales[$0 / input.count] }
                bias = integers.bias
            }
            return bias.indices.map { unit in
                zip(input, weight[unit * input.count..<(unit + 1) * input.count]).reduce(bias[unit]) {
                    $0 + $1.0 * $1.1
                }
            }
        }
        let input = round(sample.map { Double($0) }, "input")
        let hidden = round(dense(input, "dense_1").map { max(0, $0) }, "dense_1")
        return round(dense(hidden, "dense_2"), "dense_2")
    }

    private static let widths = [
        QuantizationOptions(weightBits: WeightBits(all: 8, layers: ["dense_2": 4])),
        QuantizationOptions(activationBits: .sixteen),
        QuantizationOptions(activationBits: ActivationBits(all: 8, layers: ["dense_2": 16])),
    ]

    @Test(arguments: UInt64(0)..<3, widths) func dense(_ seed: UInt64, _ options: QuantizationOptions) throws {
        var rng = Rng(seed: seed, stream: 8)
        var model = try NNQGraph.Model(input: [6]) {
            Dense(9)
            ReLU()
            Dense(3)
            Softmax()
        }
        model.parameters["dense_1.bias"]!.values = (0..<9).map { _ in rng.normal() }
        let values = (0..<360).map { _ in rng.normal() }
        let data = try FloatDataset(
            name: "numbers", shape: [6], values: values, classes: ["a", "b", "c"],
            labels: (0..<60).map { _ in Int32(rng.below(3)) })
        let source = DatasetSource(data, threads: 1)
        let quantized = try Quantizer(options).quantize(model, calibration: source)
        let swaps = try quantized.layerSwaps(source: source, samples: 60)
        // The softmax gives the answers that its input gives: it is no layer of its own here.
        #expect(swaps.layers.map(\.layer) == ["input", "dense_1", "dense_2"] && swaps.samples == 60)
        let all = Set(swaps.layers.map(\.layer))
        try check(swaps.allInt8, quantized, data, values, all)
        for swap in swaps.layers {
            try check(swap.onlyInt8, quantized, data, values, [swap.layer])
            try check(swap.onlyFloat, quantized, data, values, all.subtracting([swap.layer]))
        }
        let noises = swaps.layers.map { pow(10, -($0.onlyInt8.sqnr ?? .infinity) / 10) }
        for (swap, noise) in zip(swaps.layers, noises) {
            #expect(abs(swaps.noiseShare(swap) - noise / noises.reduce(0, +)) < 1e-9)
        }
    }

    private func check(
        _ effect: SwapEffect, _ quantized: Quantized, _ data: FloatDataset, _ values: [Float], _ int8: Set<String>
    ) throws {
        var (signal, noise, agreeing, right) = (0.0, 0.0, 0, 0)
        for index in 0..<data.count {
            let sample = Array(values[6 * index..<6 * index + 6])
            let exact = Self.run(sample, quantized, int8: [])
            let output = Self.run(sample, quantized, int8: int8)
            for (x, y) in zip(exact, output) {
                signal += x * x
                noise += (x - y) * (x - y)
            }
            func place(_ output: [Double]) -> Int { output.indices.first { output[$0] == output.max() }! }
            agreeing += place(exact) == place(output) ? 1 : 0
            right += place(output) == data.label(index) ? 1 : 0
        }
        // Values within a float's rounding of a tie may go either way.
        #expect(abs(try #require(effect.sqnr) - 10 * log10(signal / noise)) < 0.1, "\(int8)")
        #expect(abs(try #require(effect.agreement) * 60 - Double(agreeing)) < 1.5)
        #expect(abs(try #require(effect.accuracy) * 60 - Double(right)) < 1.5)
    }

    /// All layers simulated in int8 come near to what the C runtime computes.
    @Test(arguments: UInt64(0)..<3) func simulationIsNearTheRuntime(_ seed: UInt64) throws {
        let subject = try Subject(seed: seed)
        let simulated = try subject.quantized.simulating(Set(subject.quantized.roundingLayers))
        let outputs = try Subject.floatOutputs(simulated, subject.data)
        var runner = try subject.runner()
        let output = subject.quantized.program.outputs[0]
        let agreeing = try (0..<subject.data.count).count { index in
            let int8 = try subject.int8Values(index, reading: [output], &runner)[0]
            return int8[Subject.place(outputs[index])] == int8.max()
        }
        #expect(agreeing >= 148, "\(agreeing) of 150")
    }
}
