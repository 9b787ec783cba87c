// SPDX-License-Identifier: Apache-2.0
// Functions of one element as tables and limits; joins along outer axes; global max pools.

import LayerReference
import NNQArithmetic
import NNQBase
import NNQFormat
import NNQGraph
import NNQQuantize
import Testing

@Suite struct FunctionQuantizationTests {
    static let functions: [Activation] = [
        .thresholdedReLU(threshold: 0.5), .clip(low: -1, high: 2), .hardSwish, .hardSigmoid(slope: 0.2, offset: 0.5),
        .silu, .gelu, .geluTanh, .mish, .elu(alpha: 1), .selu(alpha: 1.6733, gamma: 1.0507), .celu(alpha: 2),
        .softplus, .softsign, .exp, .log, .sqrt, .square, .reciprocal, .abs, .negate, .erf, .sin, .cos, .sign, .floor,
        .ceil, .round,
    ]

    @Test(arguments: functions)
    func tablesHoldTheNearestValue(_ function: Activation) {
        let input = Quantization(scale: 0.07, zeroPoint: 13)
        let output = function.fixedOutput ?? Quantization(scale: 0.05, zeroPoint: -100)
        let table = Tables.values(of: function, input: input, output: output)
        for q in -128...127 {
            let exact = function.reference(Double(input.scale) * Double(q - 13))
            let steps = (exact.isNaN ? 0 : exact) / Double(output.scale) + Double(output.zeroPoint)
            let nearest = min(max(steps, -128), 127)
            #expect(abs(Double(table[q + 128]) - nearest) <= 0.5 + 1e-6, "\(function) at \(q)")
        }
    }

    @Test(arguments: functions)
    func staysCloseToFloat(_ function: Activation) throws {
        // Roots and logarithms want what is above 0, and flat functions have steps that no table can meet.
        let needsPositive = [.log, .sqrt, .reciprocal].contains(function)
        if [.sign, .floor, .ceil, .round].contains(function) { return }
        let model = try Model.random(seed: 3, input: [5, 4, 3]) { graph, input in
            graph.append(.activation(function), inputs: [input], name: "layer")
        }
        var rng = Rng(seed: 4, stream: 5)
        let samples = rng.samples(40, of: [5, 4, 3]).map { sample in
            needsPositive ? sample.map { abs($0) + 0.5 } : sample
        }
        let quantized = try Quantizer().quantize(model, calibration: InterpretedSamples(samples: samples))
        let layer = try #require(try quantized.compared(on: samples).layers.last)
        #expect(layer.sqnr ?? .infinity > 25, "\(layer)")
    }

    @Test func clipBecomesLimits() throws {
        let model = try Model.random(seed: 3, input: [6]) { graph, input in
            let dense = graph.append(.dense(units: 8, bias: true), inputs: [input])
            return graph.append(.activation(.clip(low: -0.5, high: 1)), inputs: [dense])
        }
        var rng = Rng(seed: 4, stream: 5)
        let samples = rng.samples(40, of: [6])
        let quantized = try Quantizer().quantize(model, calibration: InterpretedSamples(samples: samples))
        #expect(quantized.program.operations.count == 1)
        #expect(try quantized.compared(on: samples).layers.last!.sqnr! > 30)
    }

    static let joins: [(Shape, Int)] = [
        ([2, 3, 4], 0), ([2, 3, 4], 1), ([2, 3, 4], -1), ([5, 4], 0), ([7], 0), ([2, 3, 2, 4], 1),
    ]

    @Test(arguments: joins)
    func joinsAlongAnyAxis(_ shape: Shape, _ axis: Int) throws {
        let model = try Model.random(seed: 3, input: shape) { graph, input in
            let other = graph.append(.activation(.leakyReLU(slope: 0.3)), inputs: [input])
            let inputs = (0..<9).map { $0 % 2 == 0 ? input : other }
            return graph.append(.concat(axis: axis), inputs: inputs)
        }
        var rng = Rng(seed: 6, stream: 5)
        let samples = rng.samples(20, of: shape)
        let quantized = try Quantizer().quantize(model, calibration: InterpretedSamples(samples: samples))
        #expect(try quantized.compared(on: samples).layers.last!.sqnr! > 30)
    }

    @Test func joinsInsideOfTheWidthAreRefused() throws {
        let model = try Model.random(seed: 3, input: [2, 3, 2, 4]) { graph, input in
            graph.append(.concat(axis: 2), inputs: [input, input], name: "join")
        }
        let samples = InterpretedSamples(samples: [Array(repeating: 0.5, count: 48)])
        let error = #expect(throws: QuantizeError.self) { try Quantizer().quantize(model, calibration: samples) }
        #expect(error?.description.hasPrefix("layer 'join' (concat): int8 tensors are maps") == true)
    }

    @Test func globalMaxPoolIsAMaxPool() throws {
        let model = try Model.random(seed: 3, input: [5, 4, 3]) { graph, input in
            graph.append(.activation(.relu), inputs: [graph.append(.globalMaxPool, inputs: [input])])
        }
        var rng = Rng(seed: 7, stream: 5)
        let samples = rng.samples(20, of: [5, 4, 3])
        let quantized = try Quantizer().quantize(model, calibration: InterpretedSamples(samples: samples))
        guard case .maxPool = quantized.lastOperation else {
            Issue.record("not a max pool")
            return
        }
        #expect(try quantized.compared(on: samples).layers.last!.sqnr! > 30)
    }

    @Test func layersWithoutAnOperationAreNamed() throws {
        let model = try Model.random(seed: 3, input: [4]) { graph, input in
            let positive = graph.append(.activation(.exp), inputs: [input])
            return graph.append(.binary(.divide), inputs: [input, positive], name: "ratio")
        }
        let samples = InterpretedSamples(samples: [[1, 2, 3, 4]])
        let error = #expect(throws: QuantizeError.self) { try Quantizer().quantize(model, calibration: samples) }
        #expect(error?.description.hasPrefix("layer 'ratio' (divide): ") == true)
    }
}
