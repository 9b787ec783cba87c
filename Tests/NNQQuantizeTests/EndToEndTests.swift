// SPDX-License-Identifier: Apache-2.0
// From a float model to a file on the C runtime.

import NNQBase
import NNQData
import NNQFormat
import NNQGraph
import NNQQuantize
import NNQTrain
import Testing

@Suite struct EndToEndTests {
    static let lenet: @Sendable () throws -> NNQGraph.Model = {
        let metadata = Metadata(normalization: Normalization(mean: [33], std: [78]), hasByteInput: true)
        return try Model(input: [28, 28, 1], seed: 3, metadata: metadata) {
            Conv2D(6, kernel: 5, padding: .same)
            BatchNorm()
            ReLU()
            MaxPool(2)
            Conv2D(16, kernel: 5)
            ReLU()
            AveragePool(2)
            Flatten()
            Dense(120)
            ReLU()
            Dropout(0.3)
            Dense(84)
            Tanh()
            Dense(10)
            Softmax()
        }
    }

    /// Blobs of pixels, labelled by what the float model says of them, so that float accuracy is 1.
    static func pictures(_ model: NNQGraph.Model, count: Int, seed: UInt64) throws -> ByteDataset {
        var rng = Rng(seed: seed)
        let pixels = (0..<count * 784).map { _ in UInt8(max(0, min(255, 90 * rng.normal() + 60))) }
        let classes = (0..<10).map { "\($0)" }
        let unlabelled = try ByteDataset(
            name: "blobs", shape: [28, 28, 1], classes: classes, pixels: pixels,
            labels: Array(repeating: 0, count: count))
        let outputs = try DatasetSource(unlabelled, threads: 1).outputs(of: model)
        let labels = outputs.map { output in UInt16(output.indices.max { output[$0] < output[$1] }!) }
        return try ByteDataset(name: "blobs", shape: [28, 28, 1], classes: classes, pixels: pixels, labels: labels)
    }

    @Test func lenetRunsOnTheRuntime() throws {
        let model = try Self.lenet()
        let dataset = try Self.pictures(model, count: 60, seed: 70)
        let quantized = try Quantizer().quantize(model, calibration: DatasetSource(dataset, threads: 1))
        #expect(quantized.program.tensors[0].quantization == Quantization(scale: 1 / 78, zeroPoint: -95))
        #expect(
            quantized.program.tensors.map(\.name) == [
                "input", "conv2d_1", "max_pool_1", "conv2d_2", "average_pool_1", "dense_1", "dense_2", "tanh_1",
                "dense_3",
                "softmax_1",
            ])
        let file = try ProgramFile(quantized.program).encoded()
        let source = DatasetSource(dataset, batchSize: 16, threads: 1)
        var runtime = try RuntimeRunner(file)
        let comparison = try quantized.compare(runner: &runtime, source: source)
        var oracle = OracleRunner(program: quantized.program)
        #expect(try quantized.compare(runner: &oracle, source: source) == comparison)
        #expect(comparison.samples == 60 && comparison.float.accuracy == 1)
        #expect(comparison.agreement == comparison.int8.accuracy && comparison.agreement! >= 0.9)
        for layer in comparison.layers { #expect(layer.sqnr! > 20, "\(layer)") }

        let read = try ProgramFile(bytes: file).program
        let evaluation = try evaluateInt8(read, file, on: dataset)
        #expect(evaluation.accuracy == comparison.int8.accuracy && evaluation.samples == 60)
        #expect(evaluation.confusion!.joined().reduce(0, +) == 60)
        let alone = try evaluateInt8(read, file, on: dataset, threads: 1)
        #expect(alone == evaluation)

        let counterpart = try read.floatCounterpart(of: model)
        #expect(counterpart.model == quantized.foldedModel && counterpart.nodeOfTensor == quantized.nodeOfTensor)
    }

    /// What a file was made with is found from its structure.
    @Test func findsTheFloatLayersOfAFileAgain() throws {
        let model = try Self.lenet()
        let source = DatasetSource(try Self.pictures(model, count: 8, seed: 71), threads: 1)
        for left in Rewrite.allCases {
            var options = QuantizationOptions()
            options.rewrites.remove(left)
            let quantized = try Quantizer(options).quantize(model, calibration: source)
            let (folded, nodeOfTensor) = try quantized.program.floatCounterpart(of: model)
            var runner = OracleRunner(program: quantized.program)
            let comparison = try compare(
                folded, quantized.program, nodeOfTensor: nodeOfTensor, runner: &runner, source: source)
            #expect(nodeOfTensor.count == quantized.nodeOfTensor.count)
            for layer in comparison.layers { #expect(layer.sqnr! > 15, "without \(left): \(layer)") }
        }
        let other = try Model(input: [28, 28, 1]) { Dense(10) }
        let program = try Quantizer().quantize(model, calibration: source).program
        #expect(throws: QuantizeError.self) { try program.floatCounterpart(of: other) }
    }

    /// The training engine and the interpreter agree on every node that calibration sees.
    @Test(arguments: UInt64(0)..<6)
    func theEngineGivesWhatTheDefinitionGives(_ seed: UInt64) throws {
        var rng = Rng(seed: seed, stream: 72)
        let model = try Model.random(seed: seed, input: [6, 6, 4]) { graph, input in
            var node = input
            for _ in 0..<4 { node = RandomGraphTests.block(&rng, &graph, node) }
            return graph.append(.softmax, inputs: [graph.append(.dense(units: 5, bias: true), inputs: [node])])
        }
        let values = rng.values(10 * 144)
        let dataset = try FloatDataset(
            name: "noise", shape: [6, 6, 4], values: values, classes: ["a"], labels: Array(repeating: 0, count: 10))
        let names = model.graph.nodes.map(\.name)
        var done = 0
        try DatasetSource(dataset, batchSize: 4, threads: 1).forEachBatch(of: model, nodes: names, limit: 10) { batch in
            for sample in 0..<batch.count {
                let exact = try FloatInterpreter(model).values([
                    Array(values[(done + sample) * 144..<(done + sample + 1) * 144])
                ])
                for (node, value) in exact.enumerated() {
                    let found = Array(batch.values[node][sample * value.count..<(sample + 1) * value.count])
                    #expect(found.isClose(to: value, tolerance: 1e-3), "seed \(seed): \(names[node])")
                }
            }
            #expect(batch.targets == Array(repeating: .label(0), count: batch.count))
            done += batch.count
        }
        #expect(done == 10)
    }

    /// Sets are often sorted by class: a part of one is spread over the whole.
    @Test func fewerSamplesAreSpread() throws {
        let dataset = try FloatDataset(
            name: "line", shape: [1], values: (0..<100).map { Float($0) }, targetNames: ["y"],
            targets: Array(repeating: 0, count: 100))
        let model = try Model(input: [1]) { Dense(1) }
        var seen: [Float] = []
        try DatasetSource(dataset, batchSize: 3, threads: 1).forEachBatch(of: model, nodes: ["input"], limit: 4) {
            seen += $0.values[0]
        }
        #expect(seen == [0, 25, 50, 75])
    }

    @Test func refusesDataThatDoNotFit() throws {
        let model = try Self.lenet()
        let dataset = try Self.pictures(model, count: 4, seed: 73)
        let program = try Quantizer().quantize(model, calibration: DatasetSource(dataset, threads: 1)).program
        let file = try ProgramFile(program).encoded()
        let narrow = try ByteDataset(
            name: "narrow", shape: [28, 27, 1], classes: ["a"], pixels: Array(repeating: 0, count: 756), labels: [0])
        let error = #expect(throws: QuantizeError.self) { try evaluateInt8(program, file, on: narrow) }
        #expect(
            error?.description == "narrow has samples of [28, 27, 1], the model's input is 28x28x1: choose other data")
        let classes = (0..<11).map { "\($0)" }
        let many = try ByteDataset(
            name: "many", shape: [28, 28, 1], classes: classes, pixels: Array(repeating: 0, count: 784), labels: [0])
        #expect(throws: QuantizeError.self) { try evaluateInt8(program, file, on: many) }
        #expect(throws: (any Error).self) { _ = try RuntimeRunner(Array(file.dropLast())) }
    }
}

extension DatasetSource {
    /// The first output of every sample.
    func outputs(of model: NNQGraph.Model) throws -> [[Float]] {
        var outputs: [[Float]] = []
        let node = model.graph.nodes[model.graph.outputs[0]].name
        try forEachBatch(of: model, nodes: [node], limit: count) { batch in
            let width = batch.values[0].count / batch.count
            for sample in 0..<batch.count {
                outputs.append(Array(batch.values[0][sample * width..<(sample + 1) * width]))
            }
        }
        return outputs
    }
}
