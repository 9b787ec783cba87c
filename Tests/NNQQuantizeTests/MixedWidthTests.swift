// SPDX-License-Identifier: Apache-2.0
// Programs in which some layers read and write int16 tensors and others int8 ones.

import NNQBase
import NNQFormat
import NNQGraph
import NNQQuantize
import Testing

@Suite struct MixedWidthTests {
    private static func residual() throws -> Model {
        try Model(input: [6, 6, 3], seed: 20) {
            Conv2D(4, kernel: 3, padding: .same)
            ReLU()
            Residual {
                Conv2D(4, kernel: 3, padding: .same)
                ReLU()
                DepthwiseConv2D(kernel: 3, padding: .same)
            }
            ReLU()
            MaxPool(2)
            Flatten()
            Dense(5)
            Softmax()
        }
    }

    private func quantize(
        _ model: Model, _ bits: ActivationBits, _ change: (inout QuantizationOptions) -> Void = { _ in }
    ) throws -> Quantized {
        var options = QuantizationOptions(activationBits: bits, equalize: nil, biasCorrection: nil)
        change(&options)
        return try Quantizer(options).quantize(model, calibration: InterpretedSamples(samples: samples(model)))
    }

    private func samples(_ model: Model) -> [[Float]] {
        guard case .input(let shape) = model.graph.nodes[0].layer else { return [] }
        var rng = Rng(seed: 21)
        return rng.samples(24, of: shape)
    }

    private func message(_ model: Model, _ bits: ActivationBits, weights: WeightBits = .eight) -> String {
        let error = #expect(throws: QuantizeError.self) { try quantize(model, bits) { $0.weightBits = weights } }
        return error?.description ?? ""
    }

    /// Names of tensors, int16 ones in capitals.
    private func tensors(_ quantized: Quantized) -> String {
        quantized.program.tensors.map { $0.type == .int16 ? $0.name.uppercased() : $0.name }.joined(separator: " ")
    }

    @Test func conversionsStandWhereWidthsMeet() throws {
        let model = try Self.residual()
        let one = try quantize(model, ActivationBits(all: 8, layers: ["conv2d_2": 16]))
        #expect(
            tensors(one) == "input conv2d_1 CONV2D_1.INT16 CONV2D_2 conv2d_2.int8 depthwise_conv2d_1 add_1 max_pool_1 "
                + "dense_1 softmax_1")
        #expect(one.report.wideLayers == ["conv2d_2"])
        #expect(one.program.operations.filter(\.isConversion).count == 2)
        // The conversion is a step in between, of which a comparison says nothing.
        #expect(one.nodeOfTensor[2...4] == [nil, "relu_2", nil])

        let two = try quantize(model, ActivationBits(all: 8, layers: ["conv2d_2": 16, "depthwise_conv2d_1": 16]))
        #expect(two.program.operations.filter(\.isConversion).count == 2)
        #expect(tensors(two).contains("CONV2D_2 DEPTHWISE_CONV2D_1 depthwise_conv2d_1.int8 add_1"))
    }

    @Test func readersShareAConversion() throws {
        let model = try Self.residual()
        let wide = try quantize(model, ActivationBits(all: 8, layers: ["conv2d_2": 16, "add_1": 16]))
        let names = wide.program.tensors.map(\.name)
        let shared = try #require(names.firstIndex(of: "conv2d_1.int16"))
        let readers = wide.program.operations.indices.filter { wide.program.operations[$0].inputs.contains(shared) }
        #expect(readers.map { names[wide.program.inputCount + $0] } == ["conv2d_2", "add_1"])
        #expect(Set(names).count == names.count)

        let narrow = try quantize(
            model, ActivationBits(all: 16, layers: ["conv2d_2": 8, "add_1": 8, "depthwise_conv2d_1": 8]))
        #expect(
            tensors(narrow) == "INPUT CONV2D_1 conv2d_1.int8 conv2d_2 depthwise_conv2d_1 add_1 max_pool_1 "
                + "MAX_POOL_1.INT16 DENSE_1 SOFTMAX_1")
        #expect(narrow.report.wideLayers == ["input", "conv2d_1", "dense_1", "softmax_1"])
    }

    /// Pools and changes of shape copy values: they follow what they read, unless they are named.
    @Test func copiesFollowTheirInput() throws {
        let model = try Self.residual()
        let followed = try quantize(model, ActivationBits(all: 8, layers: ["add_1": 16]))
        #expect(tensors(followed).hasSuffix("ADD_1 MAX_POOL_1 max_pool_1.int8 dense_1 softmax_1"))
        let named = try quantize(model, ActivationBits(all: 8, layers: ["add_1": 16, "max_pool_1": 8]))
        #expect(tensors(named).hasSuffix("ADD_1 add_1.int8 max_pool_1 dense_1 softmax_1"))
        // What is read as int8 has the steps that it has in an int8 program.
        let eight = try quantize(model, .eight)
        let pool = try #require(followed.program.tensors.first { $0.name == "max_pool_1.int8" })
        #expect(pool.quantization == eight.program.tensors.first { $0.name == "max_pool_1" }?.quantization)
    }

    /// The output has the width of the layer that makes it, the input that of its own name.
    @Test func endsHaveWidths() throws {
        let model = try Self.residual()
        let ends = try quantize(model, ActivationBits(all: 8, layers: ["input": 16, "softmax_1": 16]))
        let program = ends.program
        #expect(program.tensors[0].type == .int16 && program.tensors[program.outputs[0]].type == .int16)
        #expect(tensors(ends).hasPrefix("INPUT input.int8 conv2d_1 "))
    }

    @Test func wideningLosesNothing() throws {
        let model = try Self.residual()
        let mixed = try quantize(model, ActivationBits(all: 8, layers: ["conv2d_2": 16]))
        let tensors = mixed.program.tensors
        var runner = try RuntimeRunner(try ProgramFile(mixed.program).encoded())
        for sample in samples(model).prefix(4) {
            let values = try runner.run([tensors[0].quantized(sample)], reading: [1, 2])
            #expect(tensors[1].dequantized(values[0]) == tensors[2].dequantized(values[1]))
        }
    }

    /// What only a concat reads has the concat's range, of either width: its values are rounded once.
    @Test func concatsShareTheirRange() throws {
        let model = try Model(input: [4, 4, 2], seed: 22) {
            Concat {
                Conv2D(3, kernel: 3, padding: .same)
                ReLU()
            } and: {
                Conv2D(2, kernel: 1)
            }
            Conv2D(4, kernel: 1)
        }
        let mixed = try quantize(model, ActivationBits(all: 8, layers: ["conv2d_1": 16, "conv2d_3": 16]))
        #expect(
            tensors(mixed) == "input INPUT.INT16 CONV2D_1 conv2d_2 conv2d_1.int8 concat_1 CONCAT_1.INT16 CONV2D_3")
        let quantizations = Dictionary(
            uniqueKeysWithValues: mixed.program.tensors.map { ($0.name, $0.quantization) })
        #expect(quantizations["conv2d_1.int8"] == quantizations["concat_1"])
        #expect(quantizations["conv2d_2"] == quantizations["concat_1"])
        #expect(try quantize(model, .eight).program.tensors.contains { $0.quantization == quantizations["concat_1"] })
        #expect(try mixed.compared(on: samples(model)).layers.allSatisfy { $0.sqnr ?? .infinity > 25 })
    }

    @Test func constantsAndProbabilitiesAreConverted() throws {
        var graph = Graph()
        let input = graph.append(.input(Shape([2, 2, 3])), inputs: [])
        let constant = graph.append(.constant(Shape([2, 2, 3])), inputs: [])
        let sum = graph.append(.add, inputs: [input, constant])
        let softmax = graph.append(.softmax, inputs: [sum])
        let dense = graph.append(.dense(units: 2, bias: true), inputs: [graph.append(.flatten, inputs: [softmax])])
        graph.outputs = [dense]
        let model = try Model.random(seed: 23, graph)
        let mixed = try quantize(model, ActivationBits(all: 16, layers: ["dense_1": 8]))
        let narrow = try #require(mixed.program.tensors.first { $0.name == "softmax_1.int8" })
        #expect(narrow.quantization == Quantization(scale: 0x1p-8, zeroPoint: -128))
        #expect(tensors(mixed) == "INPUT_1 constant_1 CONSTANT_1.INT16 ADD_1 SOFTMAX_1 softmax_1.int8 dense_1")
        #expect(try mixed.compared(on: samples(model)).layers.allSatisfy { $0.sqnr ?? .infinity > 25 })
    }

    /// Layers without an op on int16 keep 8 bits by name.
    @Test func someLayersHaveEightBitsOnly() throws {
        let model = try Model(input: [4, 4, 2], seed: 24) {
            Conv2D(2, kernel: 3, padding: .same)
            Tanh()
            Conv2D(2, kernel: 3)
        }
        #expect(message(model, .sixteen).contains("or give it 8 bits by name"))
        let mixed = try quantize(model, ActivationBits(all: 16, layers: ["tanh_1": 8]))
        #expect(tensors(mixed) == "INPUT CONV2D_1 conv2d_1.int8 tanh_1 TANH_1.INT16 CONV2D_2")
        let asked = message(model, ActivationBits(all: 8, layers: ["tanh_1": 16]))
        #expect(
            asked == "layer 'tanh_1' (tanh): there is no op for it on activations of 16 bits; "
                + "these layers have one: input, conv2d_1, conv2d_2")
    }

    @Test func wrongNamesAreRefused() throws {
        let model = try Self.residual()
        let names = "input, conv2d_1, conv2d_2, depthwise_conv2d_1, add_1, max_pool_1, dense_1, softmax_1"
        #expect(
            message(model, ActivationBits(all: 8, layers: ["conv9": 16]))
                == "'conv9' is no layer with a width of activations of its own; these are: \(names)")
        #expect(
            message(model, ActivationBits(all: 16, layers: ["relu_3": 8]))
                == "'relu_3' is no layer with a width of activations of its own: 'add_1' computes it along; "
                + "these are: \(names)")
        #expect(message(model, ActivationBits(all: 8, layers: ["flatten_1": 16])).contains("'flatten_1' is no layer"))
    }

    @Test func fourBitsOfWeightsGoWithEightOfActivations() throws {
        let model = try Self.residual()
        let weights = WeightBits(all: 8, layers: ["conv2d_2": 4])
        #expect(
            message(model, ActivationBits(all: 8, layers: ["conv2d_2": 16]), weights: weights)
                == "layer 'conv2d_2' (conv2d): activations of 16 bits go with weights of 8 bits: "
                + "give it 8 bits for one of them")
        let mixed = try quantize(model, ActivationBits(all: 8, layers: ["dense_1": 16])) { $0.weightBits = weights }
        let packed = try ProgramFile(mixed.program).packedInt4()
        #expect(packed.program.operations.contains { if case .packed = $0.operation { true } else { false } })
        var portable = try RuntimeRunner(try ProgramFile(mixed.program).encoded())
        var small = try RuntimeRunner(try packed.encoded())
        let outputs = mixed.program.outputs
        for sample in samples(model).prefix(4) {
            let input = [mixed.program.tensors[0].quantized(sample)]
            let (one, other) = (
                try portable.run(input, reading: outputs), try small.run(input, reading: outputs)
            )
            #expect(one == other)
        }
    }

    @Test func correctionsReadBothWidths() throws {
        let model = try Self.residual()
        let mixed = try quantize(model, ActivationBits(all: 8, layers: ["conv2d_2": 16, "dense_1": 16])) {
            ($0.biasCorrection, $0.adaround, $0.weightScales) = (.data, true, .tensor)
        }
        let layers = ["conv2d_1", "conv2d_2", "depthwise_conv2d_1", "dense_1"]
        let rounding = try #require(mixed.report.adaround)
        #expect(rounding.map(\.layer) == layers && mixed.report.biasCorrection?.map(\.layer) == layers)
        #expect(rounding.allSatisfy { $0.squaredErrorAfter <= $0.squaredErrorBefore })
        #expect(rounding.contains { $0.layer == "conv2d_2" && $0.squaredErrorAfter < $0.squaredErrorBefore })
        #expect(try mixed.compared(on: samples(model)).layers.allSatisfy { $0.sqnr ?? .infinity > 20 })
    }

    /// Whole random graphs with random widths: the runtime agrees with the oracle, all layers stay close to float, and
    /// the program finds its float layers again.
    @Test(arguments: UInt64(0)..<40)
    func randomWidthsStayClose(_ seed: UInt64) throws {
        var rng = Rng(seed: seed, stream: 63)
        let model = try Model.random(seed: seed, input: [6, 6, 4]) { graph, input in
            var node = input
            for _ in 0..<rng.pick(1...5) { node = RandomGraphTests.block(&rng, &graph, node) }
            return graph.append(.dense(units: 5, bias: true), inputs: [graph.append(.flatten, inputs: [node])])
        }
        let samples = rng.samples(30, of: [6, 6, 4])
        let narrow = try quantize(model, .eight)
        var layers: [String: Int] = [:]
        for tensor in narrow.program.tensors {
            let node = narrow.foldedModel.graph.nodes.first { $0.name == tensor.name }!
            let isAble =
                switch node.layer {
                case .activation(.relu), .input, .conv2D, .depthwiseConv2D, .dense, .add, .maxPool, .averagePool: true
                default: false
                }
            if isAble { layers[node.name] = rng.chance(0.5) ? 16 : 8 }
        }
        let options = QuantizationOptions(activationBits: ActivationBits(all: 8, layers: layers))
        let quantized = try Quantizer(options).quantize(model, calibration: InterpretedSamples(samples: samples))
        let program = quantized.program
        #expect(Set(program.tensors.map(\.name)).count == program.tensors.count)
        for tensor in program.tensors {
            if let bits = layers[tensor.name] { #expect((tensor.type == .int16) == (bits == 16), "\(tensor.name)") }
        }
        #expect(Set(quantized.report.wideLayers) == Set(layers.filter { $0.value == 16 }.keys), "seed \(seed)")
        let comparison = try quantized.compared(on: samples)
        var runtime = try RuntimeRunner(try ProgramFile(program).encoded())
        let source = InterpretedSamples(samples: samples)
        #expect(try quantized.compare(runner: &runtime, source: source) == comparison, "seed \(seed)")
        for layer in comparison.layers { #expect(layer.sqnr ?? .infinity > 18, "seed \(seed): \(layer)") }
        #expect(try program.floatCounterpart(of: model).nodeOfTensor == quantized.nodeOfTensor, "seed \(seed)")
    }
}

extension ProgramOperation {
    fileprivate var isConversion: Bool { if case .int16(.requantize) = operation { true } else { false } }
}
