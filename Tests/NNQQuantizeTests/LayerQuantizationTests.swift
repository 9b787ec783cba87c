// SPDX-License-Identifier: Apache-2.0
// Each layer alone: the int8 op stays close to the float layer.

import CNNQ
import NNQBase
import NNQFormat
import NNQGraph
import NNQQuantize
import Testing

@Suite struct LayerQuantizationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var layer: Layer
        var input: Shape = [7, 6, 4]
        var floor = 30.0
        var testDescription: String { "\(layer.keyword) \(layer)" }
    }

    static let cases: [Case] = [
        Case(layer: .dense(units: 20, bias: true)),
        Case(layer: .dense(units: 5, bias: false), input: [40]),
        Case(layer: .conv2D(filters: 8, window: Window(kernel: 3, padding: .same), groups: 1, bias: true)),
        Case(layer: .conv2D(filters: 6, window: Window(kernel: Pair(3, 1), stride: Pair(1, 2)), groups: 2, bias: true)),
        Case(layer: .conv2D(filters: 4, window: Window(kernel: 3, padding: .same), groups: 4, bias: true)),
        Case(
            layer: .conv2D(filters: 3, window: Window(kernel: 2, dilation: 3, padding: .same), groups: 1, bias: false)),
        Case(layer: .conv2D(filters: 3, window: Window(kernel: 1), groups: 1, bias: true)),
        Case(layer: .depthwiseConv2D(multiplier: 1, window: Window(kernel: 3, padding: .same), bias: true)),
        Case(
            layer: .depthwiseConv2D(
                multiplier: 1, window: Window(kernel: Pair(2, 3), stride: 2, dilation: Pair(2, 1)), bias: false)),
        Case(layer: .depthwiseConv2D(multiplier: 3, window: Window(kernel: 3, padding: .same), bias: true)),
        Case(layer: .maxPool(Window(kernel: 2, stride: 2))),
        Case(layer: .maxPool(Window(kernel: 3, stride: 2, padding: .same))),
        Case(layer: .averagePool(Window(kernel: 2, stride: 2))),
        Case(layer: .averagePool(Window(kernel: 3, padding: .same))),
        Case(layer: .averagePool(Window(kernel: 1))),
        Case(layer: .globalAveragePool),
        Case(layer: .batchNorm(epsilon: 1e-3, momentum: 0.1)),
        Case(layer: .batchNorm(epsilon: 1e-3, momentum: 0.1), input: [12]),
        Case(layer: .batchNorm(epsilon: 1e-3, momentum: 0.1), input: [5, 12]),
        Case(layer: .activation(.relu)),
        Case(layer: .activation(.relu6)),
        Case(layer: .activation(.leakyReLU(slope: 0.1))),
        Case(layer: .activation(.sigmoid)),
        Case(layer: .activation(.tanh)),
        Case(layer: .softmax),
        Case(layer: .softmax, input: [10]),
        Case(layer: .softmax, input: [3, 5]),
        Case(layer: .reshape([6, 28])),
        Case(layer: .flatten),
        Case(layer: .pad(Margins(top: 1, bottom: 2, left: 3, right: 4))),
    ]

    @Test(arguments: cases, [UInt64(1), 2])
    func staysCloseToFloat(_ test: Case, _ seed: UInt64) throws {
        let model = try Model.random(seed: seed, input: test.input) { graph, input in
            graph.append(test.layer, inputs: [input], name: "layer")
        }
        var rng = Rng(seed: seed, stream: 5)
        let samples = rng.samples(40, of: test.input)
        let quantized = try Quantizer().quantize(model, calibration: InterpretedSamples(samples: samples))
        let comparison = try quantized.compared(on: samples)
        let layer = try #require(comparison.layers.last)
        #expect(layer.sqnr ?? .infinity > test.floor, "seed \(seed): \(layer)")
        #expect(quantized.nodeOfTensor.last == "layer" || quantized.nodeOfTensor.last == "layer.unmap")
        #expect(quantized.report.adjustments.isEmpty)
    }

    @Test(arguments: [Activation.relu, .relu6], [UInt64(3), 4])
    func fusesActivations(_ function: Activation, _ seed: UInt64) throws {
        let linear: [Layer] = [
            .dense(units: 9, bias: true),
            .conv2D(filters: 8, window: Window(kernel: 3), groups: 1, bias: true),
            .depthwiseConv2D(multiplier: 1, window: Window(kernel: 3), bias: true),
            .averagePool(Window(kernel: 2)), .maxPool(Window(kernel: 2)), .globalAveragePool,
        ]
        for layer in linear {
            let model = try Model.random(seed: seed, input: [5, 5, 4]) { graph, input in
                graph.append(
                    .activation(function), inputs: [graph.append(layer, inputs: [input], name: "layer")],
                    name: "function")
            }
            var rng = Rng(seed: seed, stream: 6)
            let samples = rng.samples(40, of: [5, 5, 4]).map { $0.map { 6 * $0 } }
            var options = QuantizationOptions()
            options.rewrites.remove(.hoistActivations)
            let quantized = try Quantizer(options).quantize(model, calibration: InterpretedSamples(samples: samples))
            #expect(quantized.program.operations.count == 1 && quantized.nodeOfTensor == ["input", "function"])
            #expect(quantized.program.tensors[1].name == "layer")
            #expect(quantized.report.rewrites.count(.fuseActivations) == 1)
            let sqnr = try #require(try quantized.compared(on: samples).layers[0].sqnr)
            #expect(sqnr > 28, "\(layer) seed \(seed): \(sqnr)")

            options.rewrites = []
            let unfused = try Quantizer(options).quantize(model, calibration: InterpretedSamples(samples: samples))
            #expect(unfused.program.operations.count == 2)
        }
    }

    @Test(arguments: [UInt64(5), 6])
    func addsTensorsOfDifferentScales(_ seed: UInt64) throws {
        let model = try Model.random(seed: seed, input: [4, 4, 3]) { graph, input in
            let window = Window(kernel: 3, padding: .same)
            let branch = graph.append(.conv2D(filters: 3, window: window, groups: 1, bias: true), inputs: [input])
            return graph.append(.activation(.relu), inputs: [graph.append(.add, inputs: [input, branch])])
        }
        var rng = Rng(seed: seed)
        let samples = rng.samples(40, of: [4, 4, 3])
        let quantized = try Quantizer().quantize(model, calibration: InterpretedSamples(samples: samples))
        guard case .add(let parameters) = quantized.lastOperation else { Issue.record("no add"); return }
        #expect(parameters.act_min == -128 && max(parameters.multiplier_a, parameters.multiplier_b) >= 1 << 14)
        #expect(try quantized.compared(on: samples).layers.allSatisfy { $0.sqnr ?? 0 > 28 })
    }

    @Test func addsATensorToItself() throws {
        let model = try Model.random(seed: 1, input: [6]) { graph, input in graph.append(.add, inputs: [input, input]) }
        var rng = Rng(seed: 9)
        let samples = rng.samples(20, of: [6])
        let quantized = try Quantizer().quantize(model, calibration: InterpretedSamples(samples: samples))
        #expect(try #require(try quantized.compared(on: samples).layers[0].sqnr) > 35)
    }
}
