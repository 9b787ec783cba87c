// SPDX-License-Identifier: Apache-2.0
// The C runtime against the oracle, bit for bit: random ops, random graphs, whole networks, rings.

import CNNQ
import NNQBase
import NNQFormat
import NNQRuntime
import Oracle
import Testing

@Suite struct OracleTests {
    /// Every failure names the seed of its generator, `seed` plus the number of the round.
    static let seed: UInt64 = 20_250_101
    static let roundsPerOperation = 1_500
    static let graphs = 1_500

    @Test(arguments: ProgramGenerator.opcodes)
    func operations(_ opcode: nnq_opcode) throws {
        var varied = 0
        for round in 0..<Self.roundsPerOperation {
            let seed = Self.seed &+ UInt64(opcode.rawValue) << 32 &+ UInt64(round)
            var generator = ProgramGenerator(seed: seed)
            let program = generator.program(of: opcode)
            let inputs = generator.inputs(of: program)
            let expected = try Oracle.run(program, inputs: inputs)
            let found = try runInC(program, inputs: inputs)
            try #require(found == program.outputs.map { expected[$0] }, "op \(opcode), generator seed \(seed)")
            varied += Set(expected[program.outputs[0]]).count > 2 ? 1 : 0
        }
        // Parameters that saturate every output would prove nothing.
        #expect(varied > Self.roundsPerOperation / 4, "seed \(Self.seed)")
    }

    @Test func graphs() throws {
        var inPlace = 0
        for round in 0..<Self.graphs {
            let seed = Self.seed &+ UInt64(round)
            var generator = ProgramGenerator(seed: seed)
            let program = generator.graph(limit: 14, isWide: round % 2 == 0)
            let inputs = generator.inputs(of: program)
            let expected = try Oracle.run(program, inputs: inputs)
            let plan = try MemoryPlanner().plan(program)
            let found = try runInC(program, plan: plan, inputs: inputs)
            try #require(found == program.outputs.map { expected[$0] }, "generator seed \(seed)")
            inPlace += plan.inPlace.count
        }
        #expect(inPlace > Self.graphs / 4, "seed \(Self.seed)")
    }

    @Test func networks() throws {
        var networks = NetworkGenerator(seed: Self.seed)
        var generator = ProgramGenerator(seed: Self.seed)
        for program in [networks.leNet5(), networks.resNet8(), networks.mobileNetV1()] {
            let inputs = generator.inputs(of: program)
            let expected = try Oracle.run(program, inputs: inputs)
            let found = try runInC(program, inputs: inputs)
            #expect(found == program.outputs.map { expected[$0] }, "seed \(Self.seed)")
            for tensor in expected.dropFirst().dropLast(4) { #expect(Set(tensor).count > 5) }
        }
    }

    @Test func stagesAndRings() throws {
        var rings = 0
        for round in 0..<Self.graphs {
            let seed = Self.seed &+ UInt64(round) &+ 1 << 40
            var generator = ProgramGenerator(seed: seed)
            let isWide = round % 2 == 0
            let program = round % 3 == 0 ? generator.graph(limit: 10, isWide: isWide) : generator.chain(limit: 8)
            let stages = RingSchedule.stages(of: program, limit: round % 5 == 0 ? 16 : 5, using: &generator)
            let rowsHeld = RingSchedule.fewestRows(program, stages: stages)
            let plan = try MemoryPlanner().plan(program, stages: stages, rowsHeld: rowsHeld)
            let inputs = generator.inputs(of: program)
            let expected = try Oracle.run(program, inputs: inputs)
            let found = try runInC(program, plan: plan, inputs: inputs)
            try #require(found == program.outputs.map { expected[$0] }, "generator seed \(seed)")
            let ringTensors = program.tensors.indices.filter { rowsHeld[$0] < program.tensors[$0].height }
            rings += ringTensors.count
            for ring in ringTensors where rowsHeld[ring] > 1 {
                try expectRefused(program, stages, rowsHeld, fewer: ring, seed)
            }
        }
        #expect(rings > Self.graphs / 2, "seed \(Self.seed)")
    }

    /// A ring with a row less than the fewest is refused by the runtime's verifier.
    private func expectRefused(
        _ program: Program, _ stages: [MemoryPlan.Stage], _ rowsHeld: [Int], fewer ring: Int, _ seed: UInt64
    ) throws {
        var rowsHeld = rowsHeld
        rowsHeld[ring] -= 1
        let plan = try MemoryPlanner().plan(program, stages: stages, rowsHeld: rowsHeld)
        do {
            _ = try ProgramFile(program, plan: plan).encoded()
            Issue.record("a ring of too few rows was accepted, generator seed \(seed)")
        } catch FormatError.file(let error, _, _, _, _) {
            try #require(error == "NNQ_ERROR_RING", "generator seed \(seed)")
        }
    }
}
