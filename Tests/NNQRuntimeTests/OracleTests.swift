// SPDX-License-Identifier: Apache-2.0
// The C runtime against the oracle: random ops, bit for bit.

import CNNQ
import NNQBase
import NNQFormat
import NNQRuntime
import Oracle
import Testing

/// What the C runtime makes of a program, by output.
func runInC(_ program: Program, _ plan: MemoryPlan? = nil, inputs: [[Int8]]) throws -> [[Int8]] {
    let file = try plan.map { ProgramFile(program, plan: $0) } ?? ProgramFile(program)
    var session = Session(try Model(copying: try file.encoded()))
    for (index, values) in inputs.enumerated() { try session.setInput(index, to: values.span) }
    session.run()
    return program.outputs.indices.map { session.output($0) }
}

@Suite struct OracleTests {
    static let seed: UInt64 = 20_250_101
    static let perOperation = 1_500

    @Test(arguments: ProgramGenerator.opcodes)
    func runtimeEqualsOracle(_ opcode: nnq_opcode) throws {
        for round in 0..<Self.perOperation {
            let seed = Self.seed &+ UInt64(opcode.rawValue) << 32 &+ UInt64(round)
            var generator = ProgramGenerator(seed: seed)
            let program = generator.program(of: opcode)
            let inputs = generator.inputs(of: program)
            let expected = try Oracle.run(program, inputs: inputs)
            let found = try runInC(program, inputs: inputs)
            try #require(found == program.outputs.map { expected[$0] }, "op \(opcode), generator seed \(seed)")
        }
    }

    @Test func graphsEqualOracle() throws {
        for round in 0..<1_500 {
            let seed = Self.seed &+ UInt64(round)
            var generator = ProgramGenerator(seed: seed)
            let program = generator.graph(limit: 14)
            let inputs = generator.inputs(of: program)
            let expected = try Oracle.run(program, inputs: inputs)
            let found = try runInC(program, inputs: inputs)
            try #require(found == program.outputs.map { expected[$0] }, "generator seed \(seed)")
        }
    }
}
