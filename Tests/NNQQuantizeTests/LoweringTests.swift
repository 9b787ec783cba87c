// SPDX-License-Identifier: Apache-2.0
// What programs graphs become, and which they cannot.

import CNNQ
import NNQBase
import NNQFormat
import NNQGraph
import NNQQuantize
import Testing

@Suite struct LoweringTests {
    private func quantize(
        _ model: Model, samples count: Int = 20, options: QuantizationOptions = QuantizationOptions()
    ) throws -> Quantized {
        var rng = Rng(seed: 40)
        guard case .input(let shape) = model.graph.nodes[0].layer else { throw QuantizeError("no input") }
        let samples = rng.samples(count, of: shape).map { $0.map { abs($0) } }
        return try Quantizer(options).quantize(model, calibration: InterpretedSamples(samples: samples))
    }

    @Test func namesAndInfoAreKept() throws {
        let metadata = Metadata(
            task: .binary, normalization: Normalization(mean: [3], std: [2]), classes: ["no", "yes"])
        let model = try Model(input: [4, 4, 1], metadata: metadata) {
            Conv2D(2, kernel: 3, name: "stem")
            ReLU()
            Flatten()
            Dense(2, name: "head")
            Sigmoid()
        }
        let quantized = try quantize(model)
        let program = quantized.program
        #expect(program.tensors.map(\.name) == ["input", "stem", "head", "sigmoid_1"])
        #expect(quantized.nodeOfTensor == ["input", "relu_1", "head", "sigmoid_1"])
        #expect(program.info.tensors == program.tensors.map(\.name) && program.info.classes == ["no", "yes"])
        #expect(
            program.info.task == "binary" && program.info.normalization?.mean == [3] && program.info.byteInput == false)
        #expect(program.outputs == [3] && program.inputCount == 1)
        #expect(program.tensors[1].quantization.zeroPoint == -128)
        #expect(program.tensors[3].quantization == Quantization(scale: 1 / 256, zeroPoint: -128))
    }

    @Test func byteInputIsExactWhereItCanBe() throws {
        func input(_ normalization: Normalization, bytes: Bool = true) throws -> Quantization {
            let model = try Model(
                input: [2, 2, 2], metadata: Metadata(normalization: normalization, hasByteInput: bytes)
            ) {
                Dense(1)
            }
            return try quantize(model).program.tensors[0].quantization
        }
        #expect(try input(Normalization(mean: [0], std: [255])) == Quantization(scale: 1 / 255, zeroPoint: -128))
        #expect(
            try input(Normalization(mean: [127, 127], std: [64, 64])) == Quantization(scale: 1 / 64, zeroPoint: -1))
        #expect(try input(Normalization(mean: [255], std: [1])) == Quantization(scale: 1, zeroPoint: 127))
        let calibrated = try input(.identity, bytes: false)
        for inexact in [
            Normalization(mean: [33.5], std: [78]), Normalization(mean: [1, 2], std: [1, 1]),
            Normalization(mean: [-1], std: [1]),
        ] {
            #expect(try input(inexact) == calibrated)
        }
    }

    @Test func depthwiseFiltersLieTapByTap() throws {
        var model = try Model(input: [3, 3, 2]) { DepthwiseConv2D(kernel: Pair(2, 1), bias: false) }
        model.parameters["depthwise_conv2d_1.weight"]!.values = [1, 0.5, -1, 0.25]
        guard case .depthwiseConv2D(_, let filter, _) = try quantize(model).lastOperation else {
            Issue.record(); return
        }
        #expect(filter == [127, -127, 64, 32])
    }

    @Test func depthwiseWithAMultiplierBecomesGroups() throws {
        let model = try Model(input: [3, 3, 2]) { DepthwiseConv2D(kernel: 2, multiplier: 3) }
        guard case .conv2D(let parameters, let filter, _) = try quantize(model).lastOperation else {
            Issue.record(); return
        }
        #expect(parameters.groups == 2 && filter.count == 6 * 4)
    }

    @Test func maxPoolAndReshapeKeepTheQuantization() throws {
        let model = try Model(input: [4, 4, 2]) {
            MaxPool(2)
            Pad(top: 1)
            Reshape([2, 6])
            Reshape([6, 2])
            Reshape([1, 6, 2])
        }
        let quantized = try quantize(model)
        #expect(Set(quantized.program.tensors.map(\.quantization)).count == 1)
        // 3 x 2 x 2 to 1 x 6 x 2 is an op; [6, 2] and [1, 6, 2] are the same map.
        #expect(quantized.program.operations.count == 3)
    }

    @Test func joinsMoreThanEightTensors() throws {
        let model = try Model.random(seed: 41, input: [3, 3, 4]) { graph, input in
            let parts = (0..<19).map { index in
                graph.append(
                    .conv2D(filters: index % 3 + 1, window: Window(kernel: 1), groups: 1, bias: true), inputs: [input])
            }
            return graph.append(.concat(), inputs: parts, name: "all")
        }
        let quantized = try quantize(model)
        let joins = quantized.program.operations.suffix(3)
        #expect(joins.map(\.inputs.count) == [8, 8, 5])
        #expect(quantized.program.tensors.suffix(3).map(\.name) == ["all.part1", "all.part2", "all"])
        #expect(quantized.nodeOfTensor.suffix(3) == [nil, nil, "all"])
        var rng = Rng(seed: 42)
        let samples = rng.samples(10, of: [3, 3, 4]).map { $0.map { abs($0) } }
        #expect(try quantized.compared(on: samples).layers.last!.sqnr! > 25)
    }

    /// Branches that only the concat reads take its scale over; one that others read keeps its own.
    @Test func sharesScalesWhereNothingIsLost() throws {
        let model = try Model.random(seed: 43, input: [4, 4, 2]) { graph, input in
            let window = Window(kernel: 1)
            func convolution(_ name: String) -> Int {
                graph.append(.conv2D(filters: 2, window: window, groups: 1, bias: true), inputs: [input], name: name)
            }
            let relu = graph.append(.activation(.relu), inputs: [convolution("a")])
            let inner = graph.append(.concat(), inputs: [convolution("b"), convolution("c")], name: "inner")
            let pooled = graph.append(.maxPool(Window(kernel: 3, padding: .same)), inputs: [convolution("d")])
            let kept = convolution("e")
            let outer = graph.append(.concat(), inputs: [relu, inner, pooled, kept], name: "outer")
            return graph.append(
                .dense(units: 2, bias: true), inputs: [graph.append(.concat(), inputs: [outer, kept], name: "last")])
        }
        let quantized = try quantize(model)
        func quantization(_ name: String) -> Quantization {
            quantized.program.tensors.first { $0.name == name }!.quantization
        }
        let shared = ["a", "b", "c", "d", "inner", "outer", "last"].map(quantization)
        #expect(Set(shared).count == 1)
        #expect(quantization("e") != shared[0] && quantization("e").scale <= shared[0].scale)
        for operation in quantized.program.operations {
            guard case .concat(_, let rescales) = operation.operation else { continue }
            for (input, rescale) in zip(operation.inputs, rescales) {
                #expect((rescale == .identity) == (quantized.program.tensors[input].name != "e"))
            }
        }
        // The fused ReLU's limit is the shared zero point.
        guard case .conv2D(let parameters, _, _) = quantized.program.operations[0].operation else {
            Issue.record(); return
        }
        #expect(parameters.act_min == Int32(shared[0].zeroPoint))
    }

    @Test func limitsWeightsThatAreNotNumbers() throws {
        var model = try Model(input: [3]) { Dense(2, name: "head") }
        model.parameters["head.bias"]!.values[1] = .nan
        let error = #expect(throws: QuantizeError.self) { try quantize(model) }
        #expect(error?.description.hasPrefix("layer 'head': its output is infinite or not a number") == true)
    }

    @Test func namesLayersThatCannotBe() throws {
        let cases: [(Model, String)] = [
            (
                try Model(input: [300, 2, 1]) { Conv2D(1, kernel: Pair(256, 1), name: "tall") },
                "layer 'tall' (conv2d): kernel 256x1, stride 1x1, dilation 1x1 and padding are at most 255"
            ),
            (
                try Model(input: [300, 2, 1]) { MaxPool(1, stride: Pair(256, 1)) },
                "layer 'max_pool_1' (max_pool): strides and padding of int8 pools are at most 255"
            ),
            (
                try Model(input: [300, 300, 1]) {
                    MaxPool(1)
                    Flatten()
                    ReLU()
                },
                "layer 'flatten_1' (flatten): its output is 1 x 1 x 90000; an int8 tensor has at most 65535"
            ),
            (try Model(input: [3]) { Flatten() }, "the model has no layer that computes anything"),
        ]
        for (model, sentence) in cases {
            let error = #expect(throws: QuantizeError.self) { try quantize(model, samples: 2) }
            #expect(error?.description.hasPrefix(sentence) == true, "\(error?.description ?? "no error")")
        }
    }

    @Test func needsSamples() throws {
        let model = try Model(input: [3]) { Dense(2) }
        let error = #expect(throws: QuantizeError.self) { try quantize(model, samples: 0) }
        #expect(error?.description.contains("no calibration samples") == true)
    }

    @Test func deadLayersAreQuantizedToo() throws {
        var model = try Model(input: [4]) {
            Dense(3, name: "dead")
            ReLU()
            Dense(2, name: "head")
        }
        model.parameters["dead.bias"]!.values = [-100, -100, -100]
        model.parameters["head.bias"]!.values = [1, -2]
        let quantized = try quantize(model)
        let runner = OracleRunner(program: quantized.program)
        let output = try runner.run([[0, 0, 0, 0]], reading: quantized.program.outputs)[0]
        let last = quantized.program.tensors.last!.quantization
        #expect(abs(last.dequantize(output[0]) - 1) < 0.02 && abs(last.dequantize(output[1]) + 2) < 0.02)
    }

    @Test func severalInputsAndOutputs() throws {
        var graph = Graph()
        let a = graph.append(.input([4]), inputs: [], name: "a")
        let dense = graph.append(.dense(units: 4, bias: true), inputs: [a], name: "dense")
        let b = graph.append(.input([4]), inputs: [], name: "b")
        let sum = graph.append(.add, inputs: [dense, b], name: "sum")
        graph.outputs = [sum, dense, sum]
        let model = try Model.random(seed: 44, graph)
        struct TwoInputs: FloatSource {
            var count: Int { 16 }
            func forEachBatch(of model: Model, nodes: [String], limit: Int, _ body: (FloatBatch) throws -> Void) throws
            {
                var rng = Rng(seed: 45)
                for _ in 0..<limit {
                    let values = try FloatInterpreter(model).values([rng.values(4), rng.values(4)])
                    try body(
                        FloatBatch(
                            count: 1,
                            values: nodes.map { name in values[model.graph.nodes.firstIndex { $0.name == name }!] }))
                }
            }
        }
        let quantized = try Quantizer().quantize(model, calibration: TwoInputs())
        #expect(
            quantized.program.inputCount == 2 && quantized.program.tensors.map(\.name) == ["a", "b", "dense", "sum"])
        #expect(quantized.program.outputs == [3, 2, 3])
        var runner = OracleRunner(program: quantized.program)
        let comparison = try quantized.compare(runner: &runner, source: TwoInputs())
        #expect(comparison.layers.allSatisfy { $0.sqnr! > 30 } && comparison.samples == 16)
    }
}
