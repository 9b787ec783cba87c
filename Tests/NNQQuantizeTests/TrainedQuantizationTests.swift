// SPDX-License-Identifier: Apache-2.0
// Models trained for int8: rounding stands where the program's tensors are, and the program's integers are those that
// training saw.

import Foundation
import NNQBase
import NNQData
import NNQFormat
import NNQGraph
import NNQQuantize
import NNQRuntime
import NNQTrain
import Testing

@Suite struct TrainedQuantizationTests {
    private static func network(_ seed: UInt64) throws -> NNQGraph.Model {
        let metadata = Metadata(normalization: Normalization(mean: [128], std: [64]), hasByteInput: true)
        return try .random(seed: seed, input: [8, 8, 3], metadata: metadata) { graph, input in
            func conv(_ node: Int, _ filters: Int, _ kernel: Int) -> Int {
                let window = Window(kernel: Pair(kernel, kernel), padding: .same)
                let conv = graph.append(
                    .conv2D(filters: filters, window: window, groups: 1, bias: false), inputs: [node])
                return graph.append(.batchNorm(epsilon: 1e-3, momentum: 0.1), inputs: [conv])
            }
            let first = graph.append(.activation(.relu), inputs: [conv(input, 8, 3)])
            var node = graph.append(.activation(.relu6), inputs: [conv(first, 8, 3)])
            let window = Window(kernel: 3, padding: .same)
            node = graph.append(.depthwiseConv2D(multiplier: 1, window: window, bias: true), inputs: [node])
            node = graph.append(.add, inputs: [first, node])
            node = graph.append(.activation(.relu), inputs: [node])
            node = graph.append(.maxPool(Window(kernel: 2, stride: 2)), inputs: [node])
            node = graph.append(.globalAveragePool, inputs: [node])
            node = graph.append(.dense(units: 5, bias: true), inputs: [node])
            return graph.append(.softmax, inputs: [node])
        }
    }

    private static func pictures(_ seed: UInt64, count: Int = 96) throws -> ByteDataset {
        var rng = Rng(seed: seed, stream: 71)
        let pixels = (0..<count * 192).map { _ in UInt8(max(0, min(255, 60 * rng.normal() + 128))) }
        return try ByteDataset(
            name: "noise", shape: [8, 8, 3], classes: (0..<5).map(String.init), pixels: pixels,
            labels: (0..<count).map { UInt16($0 % 5) })
    }

    /// Prepared, and trained for two epochs.
    private static func trained(_ seed: UInt64, bits: Int) throws -> (NNQGraph.Model, ByteDataset) {
        let data = try pictures(seed)
        let quantizer = Quantizer(QuantizationOptions(weightBits: WeightBits(all: bits)))
        let prepared = try quantizer.prepared(network(seed), calibration: DatasetSource(data, threads: 1))
        let options = TrainingOptions(epochs: 2, batchSize: 16, optimizer: .adam(learningRate: 1e-3), threads: 1)
        let result = try Trainer(options).train(prepared, on: data)
        for (name, before) in prepared.parameters where name.hasSuffix("_scale") {
            #expect(result.model.parameters[name]! != before || name.hasPrefix("input"), "\(name) did not move")
        }
        return (result.model, data)
    }

    @Test(arguments: [8, 4], UInt64(0)..<3)
    func theProgramIsWhatTrainingSaw(_ bits: Int, _ seed: UInt64) throws {
        let (model, data) = try Self.trained(seed, bits: bits)
        let quantized = try Quantizer().quantize(trained: model)
        let program = quantized.program
        // Every int8 tensor has the scale that training learned, but those that keep their input's or have their own.
        for (tensor, node) in zip(program.tensors, quantized.nodeOfTensor) {
            guard let node, let scale = model.parameters["\(node).output_log2_scale"] else { continue }
            #expect(tensor.quantization.scale == exp2f(scale.values[0]) && tensor.type == .int8, "\(node)")
        }
        let largest = program.operations.map { $0.operation.largestWeight }
        #expect(largest.contains { $0 > 7 } && (bits == 8 || largest.count { (1...7).contains($0) } >= 2))
        try Self.compare(model, quantized, data)
    }

    /// The simulated integers, the oracle's and the runtime's.
    private static func compare(_ model: NNQGraph.Model, _ quantized: Quantized, _ data: ByteDataset) throws {
        let program = quantized.program
        let tensors = program.tensors.indices.filter {
            guard let node = quantized.nodeOfTensor[$0] else { return false }
            return $0 >= program.inputCount && model.parameters["\(node).output_log2_scale"] != nil
        }
        let nodes = tensors.map { quantized.nodeOfTensor[$0]! }
        let oracle = OracleRunner(program: program)
        var runtime = try RuntimeRunner(ProgramFile(program).encoded())
        let packed = try ProgramFile(program).packedInt4().encoded()
        var session = Session(try Int8Model(copying: packed))
        var sample = 0
        try DatasetSource(data, threads: 1).forEachBatch(of: model, nodes: nodes, limit: data.count) { batch in
            for row in 0..<batch.count {
                let input = data.sample(sample).map { Int8(Int($0) - 128) }
                sample += 1
                let expected = try oracle.run([input], reading: tensors + program.outputs)
                #expect(try runtime.run([input], reading: program.outputs) == [expected.last!])
                #expect(try session.run(input) == expected.last!)
                for (place, tensor) in tensors.enumerated() {
                    let count = program.tensors[tensor].count
                    let values = batch.values[place][row * count..<(row + 1) * count]
                    #expect(Array(values) == program.tensors[tensor].dequantized(expected[place]), "\(nodes[place])")
                }
            }
        }
    }

    /// The training engine's own forward pass, Winograd's algorithm and all, gives the loss of the runtime's integers.
    @Test(arguments: [8, 4])
    func theLossIsThatOfTheRuntime(_ bits: Int) throws {
        let (model, data) = try Self.trained(3, bits: bits)
        let program = try Quantizer().quantize(trained: model).program
        let logits = try #require(program.tensors.indices.last { !program.outputs.contains($0) })
        let oracle = OracleRunner(program: program)
        let options = TrainingOptions(epochs: 1, batchSize: 16, threads: 1)
        let engine = try TrainingEngine(model, batch: 16, loss: .crossEntropy, options: options)
        let targets = try TargetBuffer(data, loss: .crossEntropy, outputs: 5, batch: 16)
        var expected = 0.0
        for sample in 0..<16 {
            let pixels = data.sample(sample)
            for (place, pixel) in pixels.enumerated() {
                engine.input[sample * pixels.count + place] = (Float(pixel) - 128) / 64
            }
            targets.labels[sample] = Int32(sample % 5)
            let bytes = try oracle.run([pixels.map { Int8(Int($0) - 128) }], reading: [logits])[0]
            let values = program.tensors[logits].dequantized(bytes).map { Double($0) }
            expected += (log(values.reduce(0) { $0 + exp($1) }) - values[sample % 5]) / 16
        }
        let loss = try engine.computeGradients(targets).loss
        #expect(abs(loss - expected) < 2e-6 * max(1, expected), "\(loss), of the runtime \(expected)")
    }

    /// Inputs that are no bytes are rounded with the scale that calibration gave them, which stays.
    @Test func inputsKeepTheirScale() throws {
        var rng = Rng(seed: 4, stream: 72)
        let model = try NNQGraph.Model.random(seed: 4, input: [6]) { graph, input in
            graph.append(.dense(units: 3, bias: true), inputs: [input])
        }
        let data = try FloatDataset(
            name: "noise", shape: [6], values: rng.values(40 * 6), classes: ["a", "b", "c"],
            labels: (0..<40).map { Int32($0 % 3) })
        let prepared = try Quantizer().prepared(model, calibration: DatasetSource(data, threads: 1))
        let trained = try Trainer(TrainingOptions(epochs: 1, batchSize: 8, threads: 1)).train(prepared, on: data).model
        #expect(trained.parameters["input.output_log2_scale"] == prepared.parameters["input.output_log2_scale"])
        let before = try DatasetSource(data, threads: 1).outputs(of: model)
        let after = try DatasetSource(data, threads: 1).outputs(of: prepared)
        for (before, after) in zip(before, after) { #expect(before.isClose(to: after, tolerance: 0.05)) }
        let program = try Quantizer().quantize(trained: trained).program
        #expect(
            program.tensors[0].quantization.scale
                == prepared.parameters["input.output_log2_scale"].map { exp2f($0.values[0]) })
    }

    @Test func modelsOfPlainFloatsAreRefused() throws {
        let error = #expect(throws: QuantizeError.self) { try Quantizer().quantize(trained: Self.network(1)) }
        #expect(error?.description.contains("--qat") == true)
    }

    @Test func outputsOfSixteenBitsAreRefused() throws {
        var model = try Self.trained(3, bits: 8).0
        let name = try #require(model.metadata.fakeQuantization?.zeroPoints.keys.sorted().first)
        model.metadata.fakeQuantization!.zeroPoints[name] = 0
        model.metadata.fakeQuantization!.wideOutputs = [name]
        let error = #expect(throws: QuantizeError.self) { try Quantizer().quantize(trained: model) }
        #expect(error?.description.contains("8 bits") == true)
    }
}

extension NNQFormat.Operation {
    fileprivate var largestWeight: Int {
        switch self {
        case .conv2D(_, let filter, _), .depthwiseConv2D(_, let filter, _), .dense(_, let filter, _):
            filter.reduce(0) { max($0, Int($1.magnitude)) }
        default: 0
        }
    }
}
