// SPDX-License-Identifier: Apache-2.0
// Layers that rearrange, resize or multiply tensors, and those of whole numbers, as int8 ops.

import CNNQ
import NNQBase
import NNQFormat
import NNQGraph
import NNQQuantize
import Oracle
import Testing

@Suite struct ShapeLayerTests {
    static let cases: [LayerQuantizationTests.Case] = [
        .init(
            layer: .transposedConv2D(
                filters: 5, window: Window(kernel: 3, stride: 2, padding: .same), outputPadding: 0, groups: 1,
                bias: true)),
        .init(
            layer: .transposedConv2D(
                filters: 6,
                window: Window(
                    kernel: Pair(2, 3), stride: Pair(1, 3), dilation: Pair(2, 1),
                    padding: .explicit(top: 1, bottom: 0, left: 0, right: 1)),
                outputPadding: Pair(0, 1), groups: 2, bias: false)),
        .init(layer: .slice(begin: [1, 5, 0], size: [3, 3, 2], step: [2, -2, 1])),
        .init(layer: .slice(begin: [0, 1, 0, 2], size: [2, 2, 3, 2], step: [1, 1, 1, 1]), input: [2, 3, 3, 4]),
        .init(layer: .slice(begin: [3], size: [1], step: [-40_000]), input: [9]),
        .init(layer: .slice(begin: [0, 0], size: [3, 4], step: [1, 1]), input: [3, 4]),
        .init(layer: .transpose([2, 0, 1])),
        .init(layer: .transpose([1, 0]), input: [5, 7]),
        .init(layer: .transpose([0, 2, 1, 3]), input: [2, 3, 4, 5]),
        .init(layer: .transpose([3, 2, 1, 0]), input: [2, 3, 4, 5]),
        .init(layer: .transpose([0, 1, 2])),
        .init(layer: .resize(Pair(12, 9), .nearest(.floor), .asymmetric)),
        .init(layer: .resize(Pair(3, 20), .nearest(.halfDown), .halfPixel)),
        .init(layer: .resize(Pair(4, 13), .bilinear, .halfPixel)),
        .init(layer: .resize(Pair(14, 12), .bilinear, .asymmetric)),
        .init(layer: .resize(Pair(10, 1), .bilinear, .alignCorners)),
    ]

    @Test(arguments: cases, [UInt64(1), 2])
    func staysCloseToFloat(_ test: LayerQuantizationTests.Case, _ seed: UInt64) throws {
        let model = try Model.random(seed: seed, input: test.input) { graph, input in
            let layer = graph.append(test.layer, inputs: [input], name: "layer")
            return graph.append(.activation(.tanh), inputs: [layer], name: "after")
        }
        var rng = Rng(seed: seed, stream: 5)
        let samples = rng.samples(40, of: test.input)
        let quantized = try Quantizer().quantize(model, calibration: InterpretedSamples(samples: samples))
        for layer in try quantized.compared(on: samples).layers {
            #expect(layer.sqnr ?? .infinity > test.floor, "seed \(seed): \(layer)")
        }
    }

    @Test(arguments: [
        ([5, 6], false, true), ([2, 4, 6], true, false), ([2, 3, 4, 6], false, true), ([6], false, false),
    ])
    func multipliesTensors(_ extents: [Int], _ transposesA: Bool, _ transposesB: Bool) throws {
        let model = try Model.random(seed: 3, input: Shape(extents)) { graph, input in
            let other = graph.append(.activation(.tanh), inputs: [input])
            return graph.append(
                .matmul(transposesA: transposesA, transposesB: transposesB), inputs: [input, other], name: "product")
        }
        var rng = Rng(seed: 8)
        let samples = rng.samples(40, of: Shape(extents))
        let quantized = try Quantizer().quantize(model, calibration: InterpretedSamples(samples: samples))
        let product = try #require(try quantized.compared(on: samples).layers.last)
        #expect(product.name == "product" && product.sqnr ?? 0 > 28, "\(product)")
    }

    @Test(arguments: [(20, ElementType.int8), (300, .int32)])
    func embedsWholeNumbers(_ count: Int, _ type: ElementType) throws {
        let model = try Model.random(seed: 4, input: [7]) { graph, input in
            graph.append(.embedding(count: count, channels: 5), inputs: [input], name: "embedding")
        }
        var rng = Rng(seed: 9)
        let samples = (0..<30).map { _ in (0..<7).map { _ in Float(rng.below(count)) } }
        let quantized = try Quantizer().quantize(model, calibration: InterpretedSamples(samples: samples))
        #expect(quantized.program.tensors[0].type == type && quantized.program.tensors[0].quantization.scale == 1)
        #expect(try #require(try quantized.compared(on: samples).layers.last?.sqnr) > 30)
    }

    @Test func findsTheLargestChannel() throws {
        let model = try Model.random(seed: 5, input: [3, 4, 6]) { graph, input in
            graph.append(.argMax, inputs: [input], name: "answer")
        }
        var rng = Rng(seed: 10)
        let samples = rng.samples(10, of: [3, 4, 6])
        let program = try Quantizer().quantize(model, calibration: InterpretedSamples(samples: samples)).program
        let answer = program.tensors[1]
        #expect(answer.type == .int32 && [answer.height, answer.width, answer.channels] == [3, 4, 1])
        for sample in samples {
            let input = sample.map(program.tensors[0].quantization.quantize)
            let places = answer.dequantized(try Oracle.run(program, inputs: [input])[1])
            for pixel in 0..<12 {
                let values = input[pixel * 6..<pixel * 6 + 6]
                #expect(Int(places[pixel]) == values.firstIndex(of: values.max()!)! - pixel * 6)
            }
        }
    }

    @Test func namesWhatAnInt8ProgramCannot() throws {
        func refused(_ input: Shape, _ parts: String..., build: (inout Graph, Int) -> Int) throws {
            let model = try Model.random(seed: 6, input: input, build)
            var rng = Rng(seed: 11)
            let source = InterpretedSamples(samples: rng.samples(5, of: input))
            let error = #expect(throws: QuantizeError.self) { try Quantizer().quantize(model, calibration: source) }
            for part in parts { #expect(error?.description.contains(part) == true, "\(String(describing: error))") }
        }
        try refused([4], "layer 'after'", "whole numbers of 'answer'") { graph, input in
            let answer = graph.append(.argMax, inputs: [input], name: "answer")
            return graph.append(.activation(.tanh), inputs: [answer], name: "after")
        }
        try refused([4], "layer 'embedding_1'", "one of the model's own") { graph, input in
            let computed = graph.append(.activation(.relu), inputs: [input])
            return graph.append(.embedding(count: 4, channels: 2), inputs: [computed], name: "embedding_1")
        }
        try refused([3, 4, 3, 4, 3], "more than three axes") { graph, input in
            graph.append(
                .slice(begin: [1, 1, 1, 1, 1], size: [2, 2, 2, 2, 2], step: [1, 1, 1, 1, 1]), inputs: [input],
                name: "cut")
        }
        try refused([2, 3, 4], "repeats all matrices") { graph, input in
            let a = graph.append(.reshape([2, 1, 3, 4]), inputs: [input])
            let b = graph.append(.reshape([1, 2, 4, 3]), inputs: [input])
            return graph.append(.matmul(transposesA: false, transposesB: false), inputs: [a, b], name: "product")
        }
    }
}
