// SPDX-License-Identifier: Apache-2.0
// Random graphs trained for int8: rounding stands where the program rounds, and nowhere else.

import Foundation
import NNQBase
import NNQData
import NNQFormat
import NNQGraph
import NNQQuantize
import NNQTrain
import Testing

@Suite struct RoundedNodesTests {
    private static let metadata = Metadata(normalization: Normalization(mean: [128], std: [64]), hasByteInput: true)

    private static func pictures(_ seed: UInt64, count: Int = 48) throws -> ByteDataset {
        var rng = Rng(seed: seed, stream: 81)
        let pixels = (0..<count * 108).map { _ in UInt8(max(0, min(255, 60 * rng.normal() + 128))) }
        return try ByteDataset(
            name: "noise", shape: [6, 6, 3], classes: (0..<5).map(String.init), pixels: pixels,
            labels: (0..<count).map { UInt16($0 % 5) })
    }

    /// A random network, prepared and trained for an epoch, so that scales of tensors that were alike differ.
    private static func trained(
        _ seed: UInt64, bits: Int = 8, _ build: (inout Rng, inout Graph, Int) -> Int
    ) throws -> (model: NNQGraph.Model, data: ByteDataset) {
        var rng = Rng(seed: seed, stream: 80)
        let model = try NNQGraph.Model.random(seed: seed, input: [6, 6, 3], metadata: metadata) { graph, input in
            let first = graph.append(
                .conv2D(filters: 4, window: Window(kernel: 1), groups: 1, bias: true), inputs: [input])
            let last = build(&rng, &graph, first)
            return graph.append(.dense(units: 5, bias: true), inputs: [graph.append(.flatten, inputs: [last])])
        }
        let data = try pictures(seed)
        let quantizer = Quantizer(QuantizationOptions(weightBits: WeightBits(all: bits)))
        let prepared = try quantizer.prepared(model, calibration: DatasetSource(data, threads: 1))
        let options = TrainingOptions(epochs: 1, batchSize: 8, optimizer: .adam(learningRate: 1e-4), threads: 1)
        return (try Trainer(options).train(prepared, on: data).model, data)
    }

    private static func blocks(_ rng: inout Rng, _ graph: inout Graph, _ start: Int) -> Int {
        var node = start
        for _ in 0..<rng.pick(1...5) { node = RandomGraphTests.block(&rng, &graph, node) }
        return node
    }

    /// Every value that training sees is one that the int8 tensor can hold, tables and concats included, but for what a
    /// concat alone reads and rounds; and no op was needed to bring a tensor to the scale that training gave it.
    @Test(arguments: UInt64(0)..<24)
    func everyTensorIsRounded(_ seed: UInt64) throws {
        let (model, data) = try Self.trained(seed, Self.blocks)
        let quantized = try Quantizer().quantize(trained: model)
        let program = quantized.program
        #expect(!program.tensors.contains { $0.name.hasSuffix(".requantized") }, "seed \(seed)")
        let joined = Self.joined(model.graph)
        let tensors = program.tensors.indices.filter { quantized.nodeOfTensor[$0].map { !joined.contains($0) } == true }
        #expect(joined.allSatisfy { model.metadata.fakeQuantization?.zeroPoints[$0] == nil })
        let nodes = tensors.map { quantized.nodeOfTensor[$0]! }
        try DatasetSource(data, threads: 1).forEachBatch(of: model, nodes: nodes, limit: 8) { batch in
            for (place, tensor) in tensors.enumerated() {
                let quantization = program.tensors[tensor].quantization
                let worst = batch.values[place].reduce(Float(0)) { worst, value in
                    max(worst, abs(value - quantization.dequantize(quantization.quantize(value))) / quantization.scale)
                }
                #expect(worst < 2e-3, "seed \(seed): '\(nodes[place])' is off its steps by \(worst)")
            }
        }
    }

    /// What training sees is what runs, to the integer: all but sums that a concat alone reads, which simulation rounds
    /// to the nearest step.
    @Test(arguments: [8, 4], UInt64(0)..<24)
    func integersAreThoseOfTheProgram(_ bits: Int, _ seed: UInt64) throws {
        let (model, data) = try Self.trained(seed, bits: bits, Self.blocks)
        let quantized = try Quantizer().quantize(trained: model)
        let program = quantized.program
        let oracle = OracleRunner(program: program)
        let joined = Self.joined(model.graph)
        let tensors = program.tensors.indices.filter { quantized.nodeOfTensor[$0].map { !joined.contains($0) } == true }
        let nodes = tensors.map { quantized.nodeOfTensor[$0]! }
        var sample = 0
        try DatasetSource(data, threads: 1).forEachBatch(of: model, nodes: nodes, limit: data.count) { batch in
            for row in 0..<batch.count {
                let input = data.sample(sample).map { Int8(Int($0) - 128) }
                sample += 1
                let expected = try oracle.run([input], reading: tensors)
                for (place, tensor) in tensors.enumerated() {
                    let count = program.tensors[tensor].count
                    let values = Array(batch.values[place][row * count..<(row + 1) * count])
                    let integers = program.tensors[tensor].dequantized(expected[place])
                    let differing = zip(values, integers).count { $0 != $1 }
                    #expect(differing == 0, "seed \(seed): '\(nodes[place])' differs in \(differing) of \(count)")
                }
            }
        }
    }

    /// Names of what a concat alone reads, itself or through layers that move or choose values.
    private static func joined(_ graph: Graph) -> Set<String> {
        var joined = Set<Int>()
        for (index, readers) in graph.consumers.enumerated().reversed() where readers.count == 1 {
            switch graph.nodes[readers[0]].layer {
            case .concat: joined.insert(index)
            case .maxPool where joined.contains(readers[0]): joined.insert(index)
            case .activation(.relu) where joined.contains(readers[0]):
                if case .maxPool = graph.nodes[index].layer { joined.insert(index) }
            default: break
            }
        }
        return Set(joined.map { graph.nodes[$0].name })
    }

    /// Each op alone, on the integers that reach it, is the rounded layer: the nearest step, or where a value lies
    /// between two, one of them. What is left is the rounding of multipliers (15 bits in sums) and of biases, by half a
    /// step of the accumulator.
    @Test(arguments: [8, 4], UInt64(0)..<12)
    func everyOpIsTheRoundedLayer(_ bits: Int, _ seed: UInt64) throws {
        let (model, data) = try Self.trained(seed, bits: bits, Self.blocks)
        let quantized = try Quantizer().quantize(trained: model)
        let (program, float) = (quantized.program, quantized.foldedModel)
        let interpreter = try FloatInterpreter(float)
        let places = Dictionary(uniqueKeysWithValues: float.graph.nodes.enumerated().map { ($1.name, $0) })
        let oracle = OracleRunner(program: program)
        var compared = 0
        for sample in 0..<3 {
            let input = data.sample(sample).map { Int8(Int($0) - 128) }
            let values = try oracle.run([input], reading: Array(program.tensors.indices))
            for (index, operation) in program.operations.enumerated() {
                let tensor = program.inputCount + index
                guard let name = quantized.nodeOfTensor[tensor] else { continue }
                let result = places[name]!
                // The layer that the op computes: what a fused activation reads, or the node itself.
                let source = float.graph.nodes[result].inputs[0]
                let isTensor = quantized.nodeOfTensor.contains(float.graph.nodes[source].name)
                let isFused = !isTensor && float.graph.nodes[source].inputs.count == operation.inputs.count
                let layer = isFused ? source : result
                let operands = operation.inputs.map { input in
                    program.tensors[input].dequantized(values[input]).map { Double($0) }
                }
                guard operands.count == float.graph.nodes[layer].inputs.count else { continue }
                var exact = interpreter.value(layer, operands)
                if isFused { exact = interpreter.value(result, [exact]) }
                let quantization = program.tensors[tensor].quantization
                let bound = 0.52 + operation.operation.accumulatorStep / 2
                for (exact, integer) in zip(exact, values[tensor]) {
                    let steps = exact / Double(quantization.scale) + Double(quantization.zeroPoint)
                    let error = abs(min(max(steps, -128), 127) - Double(integer))
                    #expect(error < bound, "seed \(seed): '\(name)' gives \(integer) for \(steps)")
                }
                compared += 1
            }
        }
        #expect(compared >= 3 * program.operations.count / 2, "\(compared) of \(3 * program.operations.count) ops")
    }

    /// A concat's inputs that nobody else reads are rounded once, with the concat's steps.
    @Test(arguments: UInt64(0)..<6)
    func joinedTensorsShareTheTrainedScale(_ seed: UInt64) throws {
        let (model, _) = try Self.trained(seed) { rng, graph, start in
            let convolution = Layer.conv2D(filters: 4, window: Window(kernel: 1), groups: 1, bias: true)
            let parts = (0..<3).map { _ in graph.append(convolution, inputs: [start]) }
            let pooled = graph.append(.maxPool(Window(kernel: 1)), inputs: [parts[0]])
            let inner = graph.append(.concat(), inputs: [pooled, parts[1]])
            return graph.append(.concat(), inputs: [inner, parts[2]])
        }
        let quantized = try Quantizer().quantize(trained: model)
        let tensors = zip(quantized.nodeOfTensor, quantized.program.tensors)
        let joined = tensors.filter { ["concat_1", "concat_2", "conv2d_2", "conv2d_3", "conv2d_4"].contains($0.0) }
        #expect(joined.count == 5)
        #expect(Set(joined.map(\.1.quantization)).count == 1, "seed \(seed)")
        #expect(model.metadata.fakeQuantization?.zeroPoints["concat_2"] != nil)
        #expect(model.metadata.fakeQuantization?.zeroPoints["conv2d_2"] == nil)
    }

    /// Training keeps dropout; the int8 program has none.
    @Test func dropoutStaysForTraining() throws {
        let (model, data) = try Self.trained(3) { _, graph, start in
            graph.append(.dropout(rate: 0.5), inputs: [graph.append(.activation(.relu), inputs: [start])])
        }
        #expect(model.graph.nodes.contains { $0.layer == .dropout(rate: 0.5) })
        let program = try Quantizer().quantize(trained: model).program
        #expect(program.operations.map(\.operation.opcode) == [.NNQ_OP_CONV2D, .NNQ_OP_DENSE])
        let counterpart = try program.floatCounterpart(of: model)
        #expect(counterpart.model == model && data.count == 48)
    }

    @Test func recurrentLayersAreRefused() throws {
        let model = try NNQGraph.Model.random(seed: 1, input: [3, 4]) { graph, input in
            graph.append(.dense(units: 5, bias: true), inputs: [graph.append(.lstm(units: 3), inputs: [input])])
        }
        var rng = Rng(seed: 1, stream: 82)
        let samples = InterpretedSamples(samples: rng.samples(4, of: [3, 4]))
        let error = #expect(throws: QuantizeError.self) { try Quantizer().prepared(model, calibration: samples) }
        #expect(error?.description.contains("'lstm_1' (lstm)") == true)
        #expect(error?.description.contains("without --qat") == true)
    }
}

extension NNQFormat.Operation {
    /// The largest part of an output step that one step of the accumulator is.
    fileprivate var accumulatorStep: Double {
        func largest(_ by: Requantization, _ preShift: Int32) -> Double {
            zip(by.multiplier, by.shift).map { Double($0) * exp2(Double(preShift) - Double($1)) }.max()!
        }
        switch self {
        case .conv2D(let parameters, _, let by): return largest(by, parameters.pre_shift)
        case .depthwiseConv2D(let parameters, _, let by): return largest(by, parameters.pre_shift)
        case .dense(let parameters, _, let by): return largest(by, parameters.pre_shift)
        default: return 0
        }
    }
}
