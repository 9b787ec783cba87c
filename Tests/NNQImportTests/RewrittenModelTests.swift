// SPDX-License-Identifier: Apache-2.0
// Imported int8 models give the bits of TensorFlow Lite Micro after all rewrites too, with less work.

import NNQFormat
import NNQRewrite
import Testing

@Suite(.enabled(if: SharedModels.arePresent, Comment(rawValue: SharedModels.absence)))
struct RewrittenModelTests {
    @Test(arguments: KnownModel.all)
    func givesTheBits(_ known: KnownModel) throws {
        let program = try importedProgram(SharedModels.bytes(known.path))
        let (rewritten, report) = try program.rewritten()
        let outputs = try layers(rewritten, patternInput(program.tensors[0].count))
        #expect(outputs.last.map(fnv1a) == known.output)
        #expect(report.after.operations <= report.before.operations && report.after.macs <= report.before.macs)
        #expect(report.after.weightBytes <= report.before.weightBytes)
    }

    /// Half of the multiplications and 85 % of the weights of the person detector do nothing.
    @Test func deadChannelsOfThePersonDetector() throws {
        let path = "mlperf-tiny/visual_wake_words/trained_models/vww_96_int8.tflite"
        let (program, report) = try importedProgram(SharedModels.bytes(path)).rewritten()
        #expect(report.before.macs == 7_489_664 && report.after.macs <= 3_733_029)
        let biases = program.operations.indices.filter { program.macs(of: $0) > 0 }
            .map { 4 * program.tensors[program.inputCount + $0].channels }
        #expect(report.after.weightBytes + biases.reduce(0, +) <= 33_322)
    }
}
