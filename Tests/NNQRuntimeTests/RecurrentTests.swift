// SPDX-License-Identifier: Apache-2.0
// What recurrent ops remember: the C runtime against the oracle over several runs, and a sequence at once against its
// steps one by one.

import CNNQ
import NNQFormat
import NNQRuntime
import Oracle
import Testing

@Suite struct RecurrentTests {
    static let seed: UInt64 = 20_260_101

    @Test(arguments: [nnq_opcode.NNQ_OP_LSTM, .NNQ_OP_GRU, .NNQ_OP_SVDF])
    func statesGoOn(_ opcode: nnq_opcode) throws {
        for round in 0..<300 {
            let seed = Self.seed &+ UInt64(round)
            var generator = ProgramGenerator(seed: seed)
            let program = generator.program(of: opcode)
            let states = program.inputCount - program.stateCount..<program.inputCount
            var session = Session(try Int8Model(copying: try ProgramFile(program).encoded()))
            var kept: [[Int8]] = []
            for run in 0..<6 {
                // The fifth run begins anew.
                if run == 4 { (kept, _) = ([], session.reset()) }
                let inputs = generator.inputs(of: program)
                let expected = try Oracle.run(program, inputs: inputs + kept)
                for (index, values) in inputs.enumerated() { try session.setInput(index, to: values.span) }
                session.run()
                try #require(session.output(0) == expected[program.outputs[0]], "run \(run), generator seed \(seed)")
                kept = states.map { expected[$0] }
                for (state, values) in zip(states, kept) {
                    try #require(try session.tensor(state) == values, "run \(run), generator seed \(seed)")
                }
            }
        }
    }

    @Test(arguments: [nnq_opcode.NNQ_OP_LSTM, .NNQ_OP_GRU])
    func stepsMakeTheSequence(_ opcode: nnq_opcode) throws {
        for round in 0..<100 {
            let seed = Self.seed &+ UInt64(round)
            var generator = ProgramGenerator(seed: seed)
            let whole = generator.program(of: opcode)
            let inputs = generator.inputs(of: whole)
            let atOnce = try runInC(whole, inputs: inputs)[0]
            var single = whole
            single.tensors[0].width = 1
            single.tensors[whole.tensors.count - 1].width = 1
            var session = Session(try Int8Model(copying: try ProgramFile(single).encoded()))
            var steps: [Int8] = []
            let channels = whole.tensors[0].channels
            for step in 0..<whole.tensors[0].width {
                try session.setInput(0, to: Array(inputs[0][step * channels..<(step + 1) * channels]).span)
                session.run()
                steps += session.output(0)
            }
            try #require(steps == atOnce, "generator seed \(seed)")
        }
    }
}
