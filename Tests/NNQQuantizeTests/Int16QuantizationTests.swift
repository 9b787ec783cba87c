// SPDX-License-Identifier: Apache-2.0
// Activations of 16 bits: how close programs come to the float model, what they refuse, and their file.

import Foundation
import NNQBase
import NNQData
import NNQFormat
import NNQGraph
import NNQQuantize
import NNQTrain
import Testing

@Suite struct Int16QuantizationTests {
    /// Weights that are whole steps, so that rounding them adds no noise: what is left is that of activations.
    private static func onSteps(_ model: NNQGraph.Model) -> NNQGraph.Model {
        var model = model
        for (name, tensor) in model.parameters where name.hasSuffix(".weight") {
            let terms = tensor.count / tensor.shape[0]
            for row in 0..<tensor.shape[0] {
                let places = row * terms..<(row + 1) * terms
                let step = tensor.values[places].reduce(0) { max($0, abs($1)) } / 127
                for place in places {
                    model.parameters[name]!.values[place] = (tensor.values[place] / step).rounded() * step
                }
            }
        }
        return model
    }

    private static func lenet(seed: UInt64) throws -> NNQGraph.Model {
        let metadata = Metadata(normalization: Normalization(mean: [33], std: [78]), hasByteInput: true)
        return try Model(input: [28, 28, 1], seed: seed, metadata: metadata) {
            Conv2D(6, kernel: 5, padding: .same)
            ReLU()
            MaxPool(2)
            Conv2D(16, kernel: 5)
            ReLU()
            AveragePool(2)
            Flatten()
            Dense(84)
            ReLU()
            Dense(10)
        }
    }

    private static func residual(seed: UInt64) throws -> NNQGraph.Model {
        // A mean between two pixels: there is no exact int8 input.
        let metadata = Metadata(normalization: Normalization(mean: [33.5], std: [78]), hasByteInput: true)
        return try Model(input: [28, 28, 1], seed: seed, metadata: metadata) {
            Conv2D(8, kernel: 3, stride: 2, padding: .same)
            ReLU()
            Residual {
                Conv2D(8, kernel: 3, padding: .same)
                ReLU()
                DepthwiseConv2D(kernel: 3, padding: .same)
            }
            ReLU()
            GlobalAveragePool()
            Dense(10)
            Softmax()
        }
    }

    private func options(_ bits: ActivationBits) -> QuantizationOptions {
        QuantizationOptions(activationBits: bits, equalize: nil, biasCorrection: nil)
    }

    /// SQNR of the output in dB; the runtime and the oracle agree on every tensor, and the file holds the program.
    private func sqnr(_ model: NNQGraph.Model, _ bits: ActivationBits, _ data: ByteDataset) throws -> Double {
        let source = DatasetSource(data, batchSize: 16, threads: 1)
        let quantized = try Quantizer(options(bits)).quantize(model, calibration: source)
        let file = try ProgramFile(quantized.program).encoded()
        let read = try ProgramFile(bytes: file).program
        #expect(read.operations == quantized.program.operations && read.outputs == quantized.program.outputs)
        #expect(read.tensors.map(\.type) == quantized.program.tensors.map(\.type))
        #expect(read.tensors.map(\.quantization) == quantized.program.tensors.map(\.quantization))
        var runtime = try RuntimeRunner(file)
        let comparison = try quantized.compare(runner: &runtime, source: source)
        var oracle = OracleRunner(program: quantized.program)
        #expect(try quantized.compare(runner: &oracle, source: source) == comparison)
        let evaluation = try evaluateInt8(quantized.program, file, on: data)
        #expect(evaluation.accuracy == comparison.int8.accuracy)
        let counterpart = try quantized.program.floatCounterpart(of: model)
        #expect(counterpart.nodeOfTensor == quantized.nodeOfTensor)
        return try #require(comparison.layers.last?.sqnr)
    }

    @Test(arguments: [lenet, residual], [UInt64(3), 4])
    private func gainsTwentyDecibels(_ make: @Sendable (UInt64) throws -> NNQGraph.Model, _ seed: UInt64) throws {
        let model = Self.onSteps(try make(seed))
        let data = try EndToEndTests.pictures(model, count: 40, seed: 90 + seed)
        let (narrow, wide) = (try sqnr(model, .eight, data), try sqnr(model, .sixteen, data))
        #expect(wide >= narrow + 20, "\(narrow) dB and \(wide) dB, seed \(seed)")
        #expect(wide >= 60, "\(wide) dB, seed \(seed)")
    }

    /// The second half of the network on int16, the first on int8.
    @Test(arguments: [UInt64(3), 4, 5])
    func someLayersGainSomething(_ seed: UInt64) throws {
        let model = Self.onSteps(try Self.lenet(seed: seed))
        let data = try EndToEndTests.pictures(model, count: 40, seed: 90 + seed)
        let half = ActivationBits(
            all: 8, layers: ["conv2d_2": 16, "average_pool_1": 16, "dense_1": 16, "dense_2": 16])
        let all = try [.eight, half, .sixteen].map { try sqnr(model, $0, data) }
        #expect(all[0] + 1 < all[1] && all[1] + 10 < all[2], "\(all), seed \(seed)")
    }

    @Test func tensorsAreSymmetric() throws {
        let model = try Self.lenet(seed: 5)
        let data = try EndToEndTests.pictures(model, count: 10, seed: 95)
        let quantized = try Quantizer(options(.sixteen)).quantize(
            model, calibration: DatasetSource(data, threads: 1))
        let tensors = quantized.program.tensors
        // Pixels are read as they are, and 255 steps of 128 are exact.
        #expect(tensors[0].type == .int8 && tensors[0].quantization == Quantization(scale: 1 / 78, zeroPoint: -95))
        #expect(tensors[1].quantization == Quantization(scale: 1 / 78 / 128, zeroPoint: 0))
        for tensor in tensors.dropFirst() {
            #expect(tensor.type == .int16 && tensor.quantization.zeroPoint == 0, "\(tensor.name)")
        }
        for (name, range) in quantized.report.calibration {
            guard let tensor = quantized.nodeOfTensor.firstIndex(of: name) else { continue }
            let largest = max(range.clip.high, -range.clip.low)
            #expect(tensors[tensor].quantization.scale == Float(Double(largest) / 32767), "\(name)")
        }
    }

    /// A row of 2,000 weights of 127 can sum up to 2^33.
    @Test func longSumsAreWide() throws {
        var model = try Model(input: [1, 1, 2000], seed: 6) { Dense(2) }
        let count = model.parameters["dense_1.weight"]!.count
        model.parameters["dense_1.weight"]!.values = (0..<count).map { $0 < 2000 ? 1 : $0 == 2000 ? 1 : 0 }
        var rng = Rng(seed: 7)
        let rows = (0..<8).map { _ in (0..<2000).map { _ in rng.uniform(0, 1) } }
        let source = InterpretedSamples(samples: rows)
        let quantized = try Quantizer(options(.sixteen)).quantize(model, calibration: source)
        guard case .int16(.dense(let p, _, _)) = quantized.program.operations[0].operation else {
            Issue.record("not a dense layer on int16")
            return
        }
        #expect(p.wide == 1)
        let input = quantized.program.tensors[0].quantized(rows[0])
        var runner = try RuntimeRunner(try ProgramFile(quantized.program).encoded())
        let output = quantized.program.tensors[1].dequantized(try runner.run([input], reading: [1])[0])
        #expect(abs(output[0] - rows[0].reduce(0, +)) < 0.2)

        // Without wide accumulators there is no certificate, and no file.
        var narrow = quantized.program
        var parameters = p
        parameters.wide = 0
        guard case .int16(.dense(_, let filter, let block)) = narrow.operations[0].operation else { return }
        narrow.operations[0].operation = .int16(.dense(parameters, filter: filter, block))
        #expect(throws: FormatError.self) { _ = try ProgramFile(narrow).encoded() }
    }

    @Test func refusesWhatHasNoOp() throws {
        let model = try Model(input: [4, 4, 2], seed: 8) {
            Conv2D(2, kernel: 3)
            Tanh()
        }
        let source = InterpretedSamples(samples: [(0..<32).map { Float($0) / 32 }])
        let error = #expect(throws: QuantizeError.self) {
            _ = try Quantizer(options(.sixteen)).quantize(model, calibration: source)
        }
        #expect("\(error!)".contains("layer 'tanh_1'") && "\(error!)".contains("activations of 8 bits"))
        var four = options(.sixteen)
        four.weightBits = WeightBits(all: 4)
        #expect(throws: QuantizeError.self) { _ = try Quantizer(four).quantize(model, calibration: source) }
    }
}
