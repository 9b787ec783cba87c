// SPDX-License-Identifier: Apache-2.0
// Which outputs lie on an input.

import CNNQ
import NNQFormat
import Testing

@Suite struct InPlaceTests {
    private static let quantization = Quantization(scale: 1, zeroPoint: 0)

    /// A program of elementwise ops on tensors of 100 bytes; each op lists what it reads.
    private func program(inputs: Int, _ reads: [[Int]], outputs: [Int]) -> Program {
        let p = nnq_add_params(
            opcode: 0, multiplier_a: 1, multiplier_b: 1, constant: 1, shift: 1, act_min: -128, act_max: 127)
        let tensors = (0..<inputs + reads.count).map {
            ProgramTensor(name: "t\($0)", height: 5, width: 5, channels: 4, quantization: Self.quantization)
        }
        let operations = reads.map { inputs in
            ProgramOperation(inputs.count == 2 ? .add(p) : .table([Int8](repeating: 0, count: 256)), inputs: inputs)
        }
        return Program(tensors: tensors, inputCount: inputs, operations: operations, outputs: outputs)
    }

    private func arena(_ program: Program) throws -> Int {
        let plan = try MemoryPlanner().plan(program)
        _ = try ProgramFile(program, plan: plan).encoded()
        #expect(plan.isProvenOptimal)
        for pair in plan.inPlace {
            #expect(plan.offsets[pair.input] == plan.offsets[pair.output])
            #expect(program.operations[pair.operation].inputs.contains(pair.input))
        }
        return plan.arenaBytes
    }

    @Test func chainTakesOneBuffer() throws {
        #expect(try arena(program(inputs: 1, [[0], [1], [2]], outputs: [3])) == 100)
    }

    @Test func addLiesOnEitherInput() throws {
        #expect(try arena(program(inputs: 2, [[0, 1]], outputs: [2])) == 200)
        #expect(try arena(program(inputs: 2, [[0, 1], [2, 0]], outputs: [3])) == 200)
        #expect(try arena(program(inputs: 2, [[0, 1], [1, 2]], outputs: [3])) == 200)
        #expect(try arena(program(inputs: 1, [[0, 0]], outputs: [1])) == 100)
    }

    @Test func inputsThatAreReadLaterStay() throws {
        #expect(try arena(program(inputs: 1, [[0], [0, 1]], outputs: [2])) == 200)
        #expect(try arena(program(inputs: 1, [[0], [1], [0, 2]], outputs: [3])) == 200)
    }

    @Test func outputsOfTheModelStay() throws {
        #expect(try arena(program(inputs: 1, [[0], [1]], outputs: [1, 2])) == 200)
        #expect(try arena(program(inputs: 1, [[0]], outputs: [0, 1])) == 200)
    }
}
