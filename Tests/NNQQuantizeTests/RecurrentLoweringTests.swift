// SPDX-License-Identifier: Apache-2.0
// LSTM and GRU in int8 stay close to the float layers, over few and many steps.

import NNQArithmetic
import NNQBase
import NNQFormat
import NNQGraph
import NNQQuantize
import Testing

@Suite struct RecurrentLoweringTests {
    static let layers: [Layer] = [
        .lstm(units: 12), .gru(units: 12, resetAfter: true), .gru(units: 12, resetAfter: false),
    ]

    @Test(arguments: layers, [1, 6, 40])
    func staysCloseToFloat(_ layer: Layer, _ steps: Int) throws {
        for seed in UInt64(1)...3 {
            let shape: Shape = [steps, 7]
            let model = try Model.random(seed: seed, input: shape) { graph, input in
                graph.append(layer, inputs: [input], name: "layer")
            }
            var rng = Rng(seed: seed, stream: 5)
            let samples = rng.samples(40, of: shape)
            let quantized = try Quantizer().quantize(model, calibration: InterpretedSamples(samples: samples))
            let sqnr = try #require(try quantized.compared(on: samples).layers.last?.sqnr)
            #expect(sqnr > 28, "\(layer), \(steps) steps, seed \(seed): \(sqnr) dB")
            #expect(quantized.report.adjustments.isEmpty)
        }
    }

    /// A gate that is almost shut lets the state through in small parts, which int8 alone would round to nothing.
    @Test func smallStepsAddUp() throws {
        var graph = Graph()
        let input = graph.append(.input([200, 1]), inputs: [], name: "input")
        graph.outputs = [graph.append(.gru(units: 1, resetAfter: true), inputs: [input], name: "layer")]
        var model = try Model(graph: graph, seed: 1)
        // z = sigmoid(6): each step moves the state a quarter of a percent of the way to tanh(x).
        model.parameters["layer.weight"]!.values = [0, 0, 1]
        model.parameters["layer.recurrent_weight"]!.values = [0, 0, 0]
        model.parameters["layer.bias"]!.values = [6, 0, 0]
        let samples = [Array(repeating: Float(1), count: 200), Array(repeating: Float(-1), count: 200)]
        let quantized = try Quantizer().quantize(model, calibration: InterpretedSamples(samples: samples))
        let sqnr = try #require(try quantized.compared(on: samples).layers.last?.sqnr)
        #expect(sqnr > 30, "\(sqnr) dB")
    }

    @Test func largeBiasesFit() throws {
        let weights = GateWeights(
            gates: 1, inputs: 2, units: 1, input: [1e-6, 0], hidden: [0], inputBias: [100], hiddenBias: [-3])
        let quantization = Quantization(scale: 0.01, zeroPoint: 5)
        let gates = try #require(weights.quantized(input: quantization, hidden: quantization))
        for part in 0..<2 {
            let value = Double(gates.bias[part]) * Double(gates.multiplier[part])
            let sum = value * Double(sign: .plus, exponent: -Int(gates.shift[part]), significand: 1) / 4096
            #expect(abs(sum - [100, -3][part]) < 0.01, "part \(part): \(sum)")
        }
    }
}
