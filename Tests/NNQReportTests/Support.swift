// SPDX-License-Identifier: Apache-2.0
// Small networks and samples to report on.

import NNQBase
import NNQData
import NNQFormat
import NNQGraph
import NNQQuantize
import NNQReport
import NNQTrain

/// A network, its quantization, and samples with answers that the float network gets right about half of the time.
struct Subject {
    let model: NNQGraph.Model
    let quantized: Quantized
    let data: ByteDataset

    /// - Parameter seed: of weights, pixels and labels.
    init(seed: UInt64, count: Int = 150, options: QuantizationOptions = QuantizationOptions()) throws {
        let metadata = Metadata(
            normalization: Normalization(mean: [128], std: [64]), classes: ["a", "b<&\">", "c", "d"],
            hasByteInput: true)
        var model = try NNQGraph.Model(input: [8, 8, 1], metadata: metadata) {
            Conv2D(6, kernel: 3)
            ReLU()
            MaxPool(2)
            Conv2D(8, kernel: 3)
            ReLU6()
            Dense(4)
            Softmax()
        }
        var rng = Rng(seed: seed, stream: 3)
        for name in model.parameters.keys.sorted() {
            model.parameters[name]!.values = model.parameters[name]!.values.map { $0 + rng.uniform(-0.2, 0.2) }
        }
        let pixels = (0..<count * 64).map { _ in UInt8(max(0, min(255, 60 * rng.normal() + 128))) }
        let guesses = try ByteDataset(
            name: "noise", shape: [8, 8, 1], classes: metadata.classes, pixels: pixels,
            labels: Array(repeating: 0, count: count))
        let answers = try Subject.floatOutputs(model, guesses).map { Subject.place($0) }
        let labels = answers.map { UInt16(rng.chance(0.5) ? $0 : rng.below(4)) }
        data = try ByteDataset(
            name: "noise", shape: [8, 8, 1], classes: metadata.classes, pixels: pixels, labels: labels)
        self.model = model
        quantized = try Quantizer(options).quantize(model, calibration: DatasetSource(data, threads: 1))
    }

    static func place(_ output: [Float]) -> Int { output.indices.max { output[$0] < output[$1] }! }

    static func floatOutputs(_ model: NNQGraph.Model, _ data: any Dataset) throws -> [[Float]] {
        let engine = try FloatEngine(model, batch: 1, threads: 1)
        let normalization = model.metadata.normalization
        return try (0..<data.count).map { index in
            try engine.run(data.sample(index).map { ($0 - normalization.mean[0]) / normalization.std[0] })
        }
    }

    /// What the C runtime gives for the pixels themselves.
    func int8Values(_ index: Int, reading tensors: [Int], _ runner: inout RuntimeRunner) throws -> [[Int8]] {
        try runner.run([data.sample(index).map { Int8($0 - 128) }], reading: tensors)
    }

    func runner() throws -> RuntimeRunner { try RuntimeRunner(try ProgramFile(quantized.program).encoded()) }

    func figures(_ analysis: Analysis = Analysis(threads: 2)) throws -> QuantizationFigures {
        let file = try ProgramFile(quantized.program)
        return try analysis.figures(
            of: quantized, file: file, fileBytes: try file.encoded().count, source: DatasetSource(data, threads: 1),
            names: ("m<1>.safetensors", data.name))
    }
}

extension ByteDataset {
    /// The first samples.
    func first(_ count: Int) throws -> Subset { try Subset(self, first: count) }
}
