// SPDX-License-Identifier: Apache-2.0
// Programs that the format cannot hold: the error names the op and the way out.

import CNNQ
import NNQFormat
import Testing

@Suite struct LimitTests {
    /// Expects a refusal whose sentence holds all of these parts.
    private func expectRefused(_ parts: String..., change: (inout Program) -> Void) throws {
        var program = try tinyProgram()
        change(&program)
        let error = #expect(throws: FormatError.self) { try ProgramFile(program).encoded() }
        let sentence = error?.description ?? ""
        for part in parts { #expect(sentence.contains(part), "\(sentence)") }
    }

    @Test func extents() throws {
        try expectRefused("op 0 (dense \"out\")", "1 x 1 x 70000", "1 to 65535") { $0.tensors[1].channels = 70_000 }
        try expectRefused("input 0 (\"in\")", "0 x 1 x 2") { $0.tensors[0].height = 0 }
        try expectRefused("input 0 (\"in\")", "more than 2^31 - 1 bytes") {
            ($0.tensors[0].height, $0.tensors[0].width) = (65535, 65535)
        }
    }

    @Test func scales() throws {
        for scale in [0, -1, .infinity, .nan, Float.leastNonzeroMagnitude] {
            try expectRefused("op 0 (dense \"out\")", "scale") { $0.tensors[1].quantization.scale = scale }
        }
    }

    @Test func counts() throws {
        try expectRefused("0 ops") {
            $0.operations = []
            $0.tensors.removeLast()
        }
        try expectRefused("0 outputs") { $0.outputs = [] }
        try expectRefused("output tensor 5") { $0.outputs = [5] }
        try expectRefused("256 inputs") {
            $0.tensors.insert(contentsOf: Array(repeating: $0.tensors[0], count: 255), at: 0)
            $0.inputCount = 256
        }
        try expectRefused("3 tensors") { $0.tensors.append($0.tensors[0]) }
    }

    @Test func inputsOfOps() throws {
        try expectRefused("op 0 (dense \"out\") reads tensor 1", "not written before") { $0.operations[0].inputs = [1] }
        try expectRefused("2 inputs and takes 1 input") { $0.operations[0].inputs = [0, 0] }
        try expectRefused("op 0 (concat \"out\") has 9 inputs", "split it") {
            let rescales = Array(repeating: Rescale.identity, count: 9)
            $0.operations[0] = ProgramOperation(.concat(axis: 2, rescales), inputs: Array(repeating: 0, count: 9))
        }
    }

    @Test func constants() throws {
        try expectRefused("op 0 (dense \"out\") has 3 filter", "need 4") {
            $0.changeDense { _, filter, _ in filter.removeLast() }
        }
        try expectRefused("has 1 biases", "need 2") { $0.changeDense { _, _, block in block.bias.removeLast() } }
        try expectRefused("output channel 1", "-128", "symmetrically") {
            $0.changeDense { _, filter, _ in filter[2] = -128 }
        }
        try expectRefused("op 0 (table \"out\") has 255 values") {
            $0.operations[0].operation = .table(Array(repeating: 0, count: 255))
        }
        try expectRefused("op 0 (softmax \"out\")", "count 0") { $0.operations[0].operation = .softmax([]) }
    }

    @Test func parameters() throws {
        try expectRefused("op 0 (dense \"out\")", "rounding 2") { $0.changeDense { p, _, _ in p.rounding = 2 } }
        try expectRefused("NNQ_ERROR_PARAMETER", "op 0 (out)") {
            $0.changeDense { p, _, _ in (p.act_min, p.act_max) = (3, 2) }
        }
        try expectRefused("NNQ_ERROR_PARAMETER", "op 0 (out)") { $0.changeDense { _, _, block in block.shift[1] = 32 } }
        try expectRefused("NNQ_ERROR_SHAPE", "op 0 (out)") {
            $0.operations[0].operation = .reshape
            $0.tensors[1].channels = 3
        }
    }

    @Test func certificates() throws {
        let parts = "op 0 (dense \"out\"): the accumulator of output channel 1"
        try expectRefused(parts, "2147483647") {
            $0.changeDense { _, _, block in block.bias[1] = Int32.max - 128 * 7 + 1 }
        }
        try expectRefused(parts, "903 * 2^22") { $0.changeDense { p, _, _ in p.pre_shift = 22 } }
        var program = try tinyProgram()
        program.changeDense { p, _, block in
            block.bias = [0, Int32(Int32.max >> 10) - 128 * 7]
            p.pre_shift = 10
        }
        _ = try ProgramFile(program).encoded()
        try expectRefused("op 0 (add \"out\"): the sum") {
            let p = nnq_add_params(
                opcode: 0, multiplier_a: 1, multiplier_b: 1, constant: Int32.max - 255, shift: 1, act_min: -128,
                act_max: 127)
            $0.operations[0] = ProgramOperation(.add(p), inputs: [0, 0])
        }
        try expectRefused("op 0 (concat \"out\"): the rescaling of input 0") {
            let rescale = Rescale(constant: Int32.min, multiplier: 0, shift: 1)
            $0.operations[0] = ProgramOperation(.concat(axis: 2, [rescale]), inputs: [0])
        }
    }

    @Test func certificatesOfScaledOps() throws {
        try expectRefused("op 0 (mul \"out\"): a product", "* 2^30") {
            let p = nnq_mul_params(opcode: 0, rounding: 1, multiplier: 1, shift: 1, act_min: -128, act_max: 127)
            $0.operations[0] = ProgramOperation(.mul(p), inputs: [0, 0])
        }
        for (positive, negative, what) in [(Int32(1), Int32(31), "an input"), (31, 1, "a product")] {
            try expectRefused("op 0 (prelu \"out\"): \(what)", "* 2^30") {
                let p = nnq_prelu_params(
                    opcode: 0, rounding: 0, multiplier_positive: 1, shift_positive: positive, multiplier_negative: 1,
                    shift_negative: negative)
                $0.operations[0] = ProgramOperation(.prelu(p), inputs: [0, 0])
            }
        }
        try expectRefused("op 0 (reduce \"out\"): a sum", "* 2^30") {
            let p = nnq_reduce_params(opcode: 0, axes: 4, kind: 0, rounding: 1, multiplier: 1, shift: 1)
            $0.operations[0] = ProgramOperation(.reduce(p), inputs: [0])
            $0.tensors[1].channels = 1
        }
        try expectRefused("op 0 (tflite_softmax \"out\"): the sum of exponentials") {
            let p = nnq_tflite_softmax_params(opcode: 0, multiplier: 1 << 30, shift: 8)
            $0.operations[0] = ProgramOperation(.tfliteSoftmax(p), inputs: [0])
            for index in 0..<2 { $0.tensors[index].channels = 4096 }
        }
        try expectRefused("op 0 (l2_normalize \"out\"): the sum of squares") {
            $0.operations[0] = ProgramOperation(.l2Normalize, inputs: [0])
            for index in 0..<2 { $0.tensors[index].channels = 65535; $0.tensors[index].height = 3 }
            $0.tensors[0].quantization.zeroPoint = 127
        }
        try expectRefused("op 0 (constant \"out\") has 2 bytes where its shapes need") {
            $0.operations[0] = ProgramOperation(.constant([1, 2]), inputs: [])
            $0.tensors[1].channels = 5
        }
        try expectRefused("op 0 (constant \"out\") has 1 inputs and takes no inputs") {
            $0.operations[0] = ProgramOperation(.constant([1, 2]), inputs: [0])
        }
    }

    @Test func plans() throws {
        let file = try ProgramFile(try tinyProgram())
        let changes: [(String, (inout MemoryPlan) -> Void)] = [
            ("NNQ_ERROR_OVERLAP", { $0.offsets[1] = $0.offsets[0] }), ("NNQ_ERROR_TENSOR", { $0.offsets[1] = 2 }),
            ("outside of the arena", { $0.offsets[1] = -4 }), ("the arena takes 0 bytes", { $0.arenaBytes = 0 }),
            ("NNQ_ERROR_TENSOR", { $0.arenaBytes = 4 }), ("the stages hold 0 ops", { $0.stages = [] }),
            ("bands of 0 rows", { $0.stages[0].bandRows = 0 }), ("cannot hold 2 rows", { $0.rowsHeld[0] = 2 }),
            ("the plan is for 1 tensors", { $0.rowsHeld.removeLast() }),
            ("the plan is for 1 tensors", { $0.offsets.removeLast() }),
        ]
        for (part, change) in changes {
            var plan = file.plan
            change(&plan)
            let error = #expect(throws: FormatError.self) { try ProgramFile(file.program, plan: plan).encoded() }
            #expect(error?.description.contains(part) == true, "\(String(describing: error))")
        }
    }
}

extension Program {
    fileprivate mutating func changeDense(
        _ change: (inout nnq_dense_params, inout [Int8], inout Requantization) -> Void
    ) {
        guard case .dense(var p, var filter, var block) = operations[0].operation else { return }
        change(&p, &filter, &block)
        operations[0].operation = .dense(p, filter: filter, block)
    }
}
