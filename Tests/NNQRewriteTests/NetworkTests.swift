// SPDX-License-Identifier: Apache-2.0
// Whole networks of which half of the filters are zero: less work, the same bits.

import NNQFormat
import NNQRewrite
import Oracle
import Testing

@Suite struct NetworkTests {
    static let seed: UInt64 = 20_260_302

    @Test func prunedNetworks() throws {
        var networks = NetworkGenerator(seed: Self.seed)
        var generator = ProgramGenerator(seed: Self.seed)
        for program in [networks.leNet5(), networks.resNet8(), networks.mobileNetV1()] {
            var pruned = program
            generator.plantZeros(in: &pruned)
            let (rewritten, report) = try pruned.rewritten()
            let inputs = generator.inputs(of: program)
            let expected = try Oracle.run(pruned, inputs: inputs)
            #expect(try runInC(rewritten, inputs: inputs) == pruned.outputs.map { expected[$0] }, "seed \(Self.seed)")
            #expect(report.after.macs < report.before.macs, "seed \(Self.seed)")
            #expect(report.after.weightBytes < report.before.weightBytes / 2, "seed \(Self.seed)")
            #expect(report.after.peakBytes <= report.before.peakBytes, "seed \(Self.seed)")
        }
    }

    @Test func networksWithoutRedundancyKeepTheirWork() throws {
        var networks = NetworkGenerator(seed: Self.seed)
        for program in [networks.leNet5(), networks.resNet8()] {
            let (_, report) = try program.rewritten()
            #expect(report.after.macs == report.before.macs, "seed \(Self.seed)")
        }
    }
}
