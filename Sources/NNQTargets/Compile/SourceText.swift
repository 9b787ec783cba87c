// SPDX-License-Identifier: Apache-2.0
// The C file of a generated model, from its parts.

import NNQFormat

struct SourceText {
    private let program: Program
    private let plan: MemoryPlan
    private let names: CNames
    private let target: TargetCore
    private let calls: KernelCalls
    private let constants: ConstantTable
    private let selfTest: SelfTest

    init(
        _ file: ProgramFile, _ names: CNames, _ target: TargetCore, _ calls: KernelCalls, _ constants: ConstantTable,
        _ selfTest: SelfTest
    ) {
        (program, plan) = (file.program, file.plan)
        (self.names, self.target, self.calls, self.constants, self.selfTest) =
            (names, target, calls, constants, selfTest)
    }

    /// - Throws: `FormatError` where the runtime has not what the model needs.
    func text() throws -> String {
        let runtime = try RuntimeText.text(of: calls.functions, opcodes: calls.opcodes, target)
        return [opening, runtime + check, memory, constants.text, calls.definitions, ends, run, reset, test]
            .filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private var name: String { names.name }
    private var inputs: ArraySlice<ProgramTensor> { program.tensors.prefix(program.inputCount - program.stateCount) }

    private var opening: String {
        """
        /* SPDX-License-Identifier: Apache-2.0
         * \(name): made by nnq compile for \(target.rawValue); change the model, not this file.
         *
         * First the kernels that the model uses, from nnq's C runtime; then its constants; last its functions.
         * \(name).h documents them.
         */
        #include "\(name).h"

        #include <stddef.h>
        #include <string.h>

        /* Where layer k begins, and after the last one: for tools that measure. */
        #ifndef NNQ_MARK
        #define NNQ_MARK(layer)
        #endif

        """
    }

    /// Kernels of one instruction set do not compile for others.
    private var check: String {
        guard let set = target.instructionSet else { return "" }
        return """
            #if !NNQ_ISA_\(set.rawValue)
            #error "\(name).c was made for \(target.rawValue): compile it for that core, or the model for another target"
            #endif

            """
    }

    private var memory: String {
        """
        /* --- \(name) --- */

        static uint8_t \(names.arena)[\(names.capital)_ARENA_SIZE] NNQ_ALIGNED;
        #define \(names.capital)_AT(offset) ((int8_t *)\(names.arena) + (offset))

        """
    }

    // MARK: Functions

    /// Where inputs and outputs lie.
    private var ends: String {
        var text = ""
        for (index, tensor) in inputs.enumerated() {
            let function = "\(name)_\(CNames.end("input", index, of: inputs.count))"
            text += "\(tensor.cType) *\(function)(void) {\n    return \(pointer(index));\n}\n\n"
        }
        for (index, tensor) in program.outputs.enumerated() {
            let function = "\(name)_\(CNames.end("output", index, of: program.outputs.count))"
            text += "const \(program.tensors[tensor].cType) *\(function)(void) {\n    return \(pointer(tensor));\n}\n\n"
        }
        return text
    }

    private func pointer(_ tensor: Int) -> String {
        let type = program.tensors[tensor].type
        let address = "\(names.capital)_AT(\(plan.offsets[tensor]))"
        return type == .int8 ? address : "(\(type)_t *)(void *)\(address)"
    }

    private var run: String {
        var text = "NNQ_APART void \(name)_run(void) {\n"
        for stage in calls.stages {
            text += "    NNQ_MARK(\(stage.operations.lowerBound));\n"
            text += stage.operations.map { "    /* \($0) \(description($0)) */\n" }.joined()
            text += stage.statements.map { "    \($0)\n" }.joined()
        }
        return text + "    NNQ_MARK(\(program.operations.count));\n}\n"
    }

    /// `conv2d_1: conv2d, 32 x 32 x 3 to 32 x 32 x 16`
    private func description(_ index: Int) -> String {
        let place = program.operations[index]
        let output = program.tensors[program.inputCount + index]
        let title = output.name.isEmpty ? "" : output.name.forComment + ": "
        let from = place.inputs.map { program.tensors[$0].extents }.joined(separator: ", ")
        return "\(title)\(place.operation.name), \(from.isEmpty ? "" : from + " to ")\(output.extents)"
    }

    /// States begin as their zero points; types other than int8 have zero point 0.
    private var reset: String {
        guard program.stateCount > 0 else { return "" }
        let states = program.inputCount - program.stateCount..<program.inputCount
        let lines = states.map { state in
            let tensor = program.tensors[state]
            return "    memset(\(names.capital)_AT(\(plan.offsets[state])), \(tensor.quantization.zeroPoint), "
                + "\(tensor.byteCount));\n"
        }
        return "void \(name)_reset(void) {\n\(lines.joined())}\n"
    }

    // MARK: Self-test

    private var test: String {
        let functions = SelfTestText(names, inputs: Array(inputs), outputs: program.outputs.map { program.tensors[$0] })
        return functions.text(selfTest, resets: program.stateCount > 0)
    }
}
