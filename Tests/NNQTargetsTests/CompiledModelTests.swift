// SPDX-License-Identifier: Apache-2.0
// Generated C against the oracle, bit for bit, with both compilers and no warning: random ops, graphs, rings.

import CNNQ
import NNQFormat
import NNQTargets
import Oracle
import Testing

@Suite struct CompiledModelTests {
    static let seed: UInt64 = 20_260_401
    static let roundsPerOperation: UInt64 = 5

    /// Every failure names a model: its op and the number added to `seed`.
    @Test(arguments: ProgramGenerator.opcodes)
    func operations(_ opcode: nnq_opcode) throws {
        var cases = try CompiledCases()
        for round in 0..<Self.roundsPerOperation {
            var generator = ProgramGenerator(seed: Self.seed &+ UInt64(opcode.rawValue) << 32 &+ round)
            let program = generator.program(of: opcode)
            let name = "\(program.operations.last!.operation.name)_\(round)"
            try cases.add(ProgramFile(program), name, generator.inputs(of: program))
        }
        try cases.check("gcc", ["-O2"])
        try cases.check("clang", ["-O0", "-fsanitize=undefined", "-fno-sanitize-recover"])
    }

    @Test func graphs() throws {
        var cases = try CompiledCases()
        for round in 0..<24 {
            var generator = ProgramGenerator(seed: Self.seed &+ UInt64(round) << 16)
            let program = generator.graph(limit: 14)
            try cases.add(ProgramFile(program), "graph_\(round)", generator.inputs(of: program))
        }
        try cases.check("gcc", ["-Os"])
        try cases.check("clang", ["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover"])
    }

    @Test func stagesAndRings() throws {
        var cases = try CompiledCases()
        var loops = 0
        for round in 0..<24 {
            var generator = ProgramGenerator(seed: Self.seed &+ UInt64(round) << 20)
            let program = round % 3 == 0 ? generator.graph(limit: 10) : generator.chain(limit: 8)
            let stages = RingSchedule.stages(of: program, limit: 5, using: &generator)
            let rowsHeld = RingSchedule.fewestRows(program, stages: stages)
            let plan = try MemoryPlanner().plan(program, stages: stages, rowsHeld: rowsHeld)
            let file = ProgramFile(program, plan: plan)
            loops += try cases.add(file, "ring_\(round)", generator.inputs(of: program)).contains("; i++) {\n        nnq_")
        }
        try cases.check("gcc", ["-O1"])
        try cases.check("clang", ["-O1"])
        #expect(loops > 8)
    }

    @Test func networks() throws {
        var cases = try CompiledCases()
        var networks = NetworkGenerator(seed: Self.seed)
        var generator = ProgramGenerator(seed: Self.seed)
        for (name, program) in [("lenet5", networks.leNet5()), ("resnet8", networks.resNet8())] {
            try cases.add(ProgramFile(program), name, generator.inputs(of: program))
        }
        for level in ["-O0", "-O1", "-O2", "-O3", "-Os"] {
            try cases.check("gcc", [level])
            try cases.check("clang", [level])
        }
    }
}

extension CompiledCases {
    /// Adds a model for any machine and what the oracle makes of these inputs; returns its C text.
    @discardableResult
    mutating func add(_ file: ProgramFile, _ name: String, _ inputs: [[Int8]]) throws -> String {
        let expected = try Oracle.run(file.program, inputs: inputs)
        let model = try CompiledModel(file, target: .portable, name: name)
        try add(model, inputs: inputs, outputs: file.program.outputs.map { expected[$0] })
        return model.source
    }
}

extension Int {
    fileprivate static func += (count: inout Int, happens: Bool) { count += happens ? 1 : 0 }
}
