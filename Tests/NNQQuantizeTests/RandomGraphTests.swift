// SPDX-License-Identifier: Apache-2.0
// Whole random graphs: the int8 program stays close to the float graph.

import NNQBase
import NNQFormat
import NNQGraph
import NNQQuantize
import Testing

@Suite struct RandomGraphTests {
    /// A map-to-map layer that fits.
    static func block(_ rng: inout Rng, _ graph: inout Graph, _ node: Int) -> Int {
        let window = Window(kernel: Pair(rng.pick(1...3), rng.pick(1...3)), padding: .same)
        let dilated = Window(kernel: 2, dilation: Pair(rng.pick(1...2), 2), padding: .same)
        switch rng.below(11) {
        case 0:
            return graph.append(
                .conv2D(filters: 4, window: window, groups: rng.pick(1...2), bias: true), inputs: [node])
        case 1: return graph.append(.conv2D(filters: 4, window: dilated, groups: 1, bias: false), inputs: [node])
        case 2: return graph.append(.depthwiseConv2D(multiplier: 1, window: window, bias: true), inputs: [node])
        case 3: return graph.append(.batchNorm(epsilon: 1e-3, momentum: 0.1), inputs: [node])
        case 4: return graph.append(.activation(.relu), inputs: [node])
        case 5: return graph.append(.activation(.leakyReLU(slope: 0.1)), inputs: [node])
        case 6: return graph.append(.maxPool(window), inputs: [node])
        case 7: return graph.append(.averagePool(window), inputs: [node])
        case 8: return graph.append(.add, inputs: [node, block(&rng, &graph, node)])
        case 9:
            let joined = graph.append(.concat(), inputs: [node, block(&rng, &graph, node)])
            return graph.append(.conv2D(filters: 4, window: Window(kernel: 1), groups: 1, bias: true), inputs: [joined])
        default: return graph.append(.activation(.tanh), inputs: [node])
        }
    }

    @Test(arguments: UInt64(0)..<40)
    func staysCloseToFloat(_ seed: UInt64) throws {
        var rng = Rng(seed: seed, stream: 60)
        let model = try Model.random(seed: seed, input: [6, 6, 4]) { graph, input in
            var node = input
            for _ in 0..<rng.pick(1...5) { node = Self.block(&rng, &graph, node) }
            return graph.append(.dense(units: 5, bias: true), inputs: [graph.append(.flatten, inputs: [node])])
        }
        let samples = rng.samples(30, of: [6, 6, 4])
        for calibrator in [Calibrator.minMax, .percentile(99.99)] {
            let options = QuantizationOptions(calibrator: calibrator)
            let quantized = try Quantizer(options).quantize(model, calibration: InterpretedSamples(samples: samples))
            let comparison = try quantized.compared(on: samples)
            for layer in comparison.layers {
                #expect(layer.sqnr ?? .infinity > 18, "seed \(seed), \(calibrator): \(layer)")
            }
        }
    }

    /// Without any rewrite the program is larger and just as close.
    @Test(arguments: UInt64(0)..<10)
    func rewritesAreOptional(_ seed: UInt64) throws {
        var rng = Rng(seed: seed, stream: 61)
        let model = try Model.random(seed: seed, input: [6, 6, 4]) { graph, input in
            var node = input
            for _ in 0..<3 { node = Self.block(&rng, &graph, node) }
            node = graph.append(.dropout(rate: 0.5), inputs: [graph.append(.pad(.zero), inputs: [node])])
            return graph.append(.dense(units: 5, bias: true), inputs: [graph.append(.flatten, inputs: [node])])
        }
        let samples = rng.samples(20, of: [6, 6, 4])
        let source = InterpretedSamples(samples: samples)
        let plain = try Quantizer(QuantizationOptions(rewrites: [])).quantize(model, calibration: source)
        let full = try Quantizer().quantize(model, calibration: source)
        #expect(plain.program.operations.count > full.program.operations.count)
        #expect(plain.report.rewrites.entries.isEmpty)
        #expect(try plain.compared(on: samples).layers.last!.sqnr! > 18, "seed \(seed)")
    }
}
