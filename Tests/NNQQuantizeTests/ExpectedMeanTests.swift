// SPDX-License-Identifier: Apache-2.0
// Bias correction without data: moments by integration, and means that come back.

import Foundation
import NNQBase
import NNQData
import NNQGraph
import NNQQuantize
import NNQTrain
import Testing

@Suite struct ExpectedMeanTests {
    private static let metadata = Metadata(normalization: Normalization(mean: [128], std: [64]), hasByteInput: true)

    private static func pictures(_ seed: UInt64, count: Int) throws -> ByteDataset {
        var rng = Rng(seed: seed, stream: 101)
        let pixels = (0..<count * 192).map { _ in UInt8(max(0, min(255, 50 * rng.normal() + 128))) }
        return try ByteDataset(
            name: "noise", shape: [8, 8, 3], classes: (0..<4).map(String.init), pixels: pixels,
            labels: (0..<count).map { UInt16($0 % 4) })
    }

    /// Batch norms between layers that see many values, trained so that their running statistics are those of the data.
    private static func trained(_ seed: UInt64, _ function: Activation, _ data: ByteDataset) throws -> NNQGraph.Model {
        var graph = Graph()
        var node = graph.append(.input([8, 8, 3]), inputs: [])
        for filters in [16, 24] {
            node = graph.append(
                .conv2D(filters: filters, window: Window(kernel: 1), groups: 1, bias: false), inputs: [node])
            node = graph.append(.batchNorm(epsilon: 1e-3, momentum: 0.1), inputs: [node])
            node = graph.append(.activation(function), inputs: [node])
        }
        node = graph.append(.globalAveragePool, inputs: [node])
        graph.outputs = [graph.append(.dense(units: 4, bias: true), inputs: [node])]
        let model = try NNQGraph.Model(graph: graph, seed: seed, metadata: metadata)
        let options = TrainingOptions(epochs: 8, batchSize: 16, optimizer: .sgd(learningRate: 0.05), threads: 1)
        return try Trainer(options).train(model, on: data).model
    }

    /// The mean error of each output over the data, in units of the root mean square of the float outputs.
    private static func meanError(
        _ model: NNQGraph.Model, _ data: ByteDataset, _ correction: BiasCorrection?
    ) throws -> (error: Double, report: [BiasCorrectionReport]?) {
        let options = QuantizationOptions(
            weightScales: .tensor, weightBits: WeightBits(all: 4), biasCorrection: correction)
        let source = DatasetSource(data, threads: 1)
        let quantized = try Quantizer(options).quantize(model, calibration: source)
        let output = quantized.program.outputs[0]
        let runner = OracleRunner(program: quantized.program)
        var sums = Array(repeating: 0.0, count: 4)
        var square = 0.0
        var first = 0
        let end = model.graph.nodes[model.graph.outputs[0]].name
        try source.forEachBatch(of: model, nodes: [end], limit: .max) { batch in
            for sample in 0..<batch.count {
                let input = data.sample(first + sample).map { Int8(Int($0) - 128) }
                let int8 = try runner.run([input], reading: [output])[0]
                let real = quantized.program.tensors[output].dequantized(int8)
                for channel in 0..<4 {
                    let exact = Double(batch.values[0][sample * 4 + channel])
                    sums[channel] += Double(real[channel]) - exact
                    square += exact * exact
                }
            }
            first += batch.count
        }
        let size = (square / Double(4 * data.count)).squareRoot()
        return (sums.map { abs($0) / Double(data.count) / size }.max()!, quantized.report.biasCorrection)
    }

    /// Two layers of three read what a batch norm gives, and their means come back, nearly as well as by data.
    @Test(arguments: [Activation.relu, .relu6])
    func meansComeBackWithoutData(_ function: Activation) throws {
        var (without, analytic, data) = (0.0, 0.0, 0.0)
        for seed in UInt64(1)...4 {
            let pictures = try Self.pictures(seed, count: 160)
            let model = try Self.trained(seed, function, pictures)
            without += try Self.meanError(model, pictures, nil).error
            let corrected = try Self.meanError(model, pictures, .analytic)
            #expect(corrected.report?.map(\.layer) == ["conv2d_2", "dense_1"], "seed \(seed)")
            analytic += corrected.error
            data += try Self.meanError(model, pictures, .data).error
        }
        #expect(analytic < 0.5 * without, "none \(without), analytic \(analytic), data \(data)")
        #expect(data < 0.5 * without)
    }

    /// Without batch norms nothing is known, and nothing changes.
    @Test func withoutBatchNormsNothingChanges() throws {
        let data = try Self.pictures(9, count: 16)
        let model = try NNQGraph.Model(input: [8, 8, 3], metadata: Self.metadata) {
            Conv2D(4, kernel: 3)
            ReLU()
            Dense(4)
        }
        let source = DatasetSource(data, threads: 1)
        let plain = try Quantizer(QuantizationOptions(biasCorrection: nil)).quantize(model, calibration: source)
        let analytic = try Quantizer(QuantizationOptions(biasCorrection: .analytic)).quantize(
            model, calibration: source)
        #expect(analytic.report.biasCorrection?.isEmpty == true && analytic.program == plain.program)
    }
}
