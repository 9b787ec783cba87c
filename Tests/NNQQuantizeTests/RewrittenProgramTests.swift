// SPDX-License-Identifier: Apache-2.0
// A program that lost ops and channels is still compared with the float model that it was made from.

import NNQFormat
import NNQGraph
import NNQQuantize
import NNQRewrite
import Testing

@Suite struct RewrittenProgramTests {
    /// Two dense layers, of which the first has two units without weights.
    private static func model() throws -> Model {
        var model = try Model(input: [4]) {
            Dense(5)
            ReLU()
            Dense(3)
        }
        var weight = try #require(model.parameters["dense_1.weight"])
        for place in 4..<12 { weight.values[place] = 0 }
        model.parameters["dense_1.weight"] = weight
        return model
    }

    @Test func narrowedLayersAreLeftOut() throws {
        let model = try Self.model()
        let samples = InterpretedSamples(samples: [[1, 2, -3, 0.5], [0.5, 1, 4, -2], [-2, 0.25, 1, 1]])
        let quantized = try Quantizer().quantize(model, calibration: samples)
        let (program, report) = try quantized.program.rewritten()
        #expect(report.count(.removeDeadChannels) > 0)
        let (folded, nodeOfTensor) = try program.floatCounterpart(of: model)
        #expect(folded == quantized.foldedModel && nodeOfTensor == quantized.nodeOfTensor)
        var whole = OracleRunner(program: quantized.program)
        var narrowed = OracleRunner(program: program)
        let expected = try quantized.compare(runner: &whole, source: samples)
        let found = try compare(folded, program, nodeOfTensor: nodeOfTensor, runner: &narrowed, source: samples)
        #expect(found.layers == expected.layers.suffix(1) && found.leftOut == [expected.layers[0].name])
        #expect(found.agreement == expected.agreement && expected.leftOut == nil)
    }

    @Test func anotherModelIsRefused() throws {
        let samples = InterpretedSamples(samples: [[1, 2, -3, 0.5], [0.5, 1, 4, -2]])
        let (program, _) = try Quantizer().quantize(try Self.model(), calibration: samples).program.rewritten()
        let others = [
            try Model(input: [4]) { Dense(3) },
            try Model(input: [4]) {
                Dense(2)
                ReLU()
                Dense(3)
            },
            try Model(input: [4]) {
                Dense(5)
                ReLU()
                Dense(4)
            },
        ]
        for other in others { #expect(throws: QuantizeError.self) { try program.floatCounterpart(of: other) } }
    }
}
