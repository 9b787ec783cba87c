// SPDX-License-Identifier: Apache-2.0
// The runtime's own source text, and the part of it that a model needs.

import CNNQ
import NNQFormat

/// The C runtime's files, by path within `CRuntime`.
public enum RuntimeText {
    /// `src/ops/add.c`, `include/nnq/nnq.h`, ...
    public static let files: [String: String] = {
        let prefix = "CRuntime/"
        let own = embeddedText.filter { $0.key.hasPrefix(prefix) }
        return Dictionary(uniqueKeysWithValues: own.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
    }()

    /// Functions of the runtime with all that they need, static, for generated C. `opcodes` are the ops whose parameters
    /// occur.
    /// - Throws: `FormatError` where there is no such function.
    static func text(of functions: [String], opcodes: Set<Int32>, _ target: TargetCore) throws -> String {
        var known: [String: Bool] = [:]
        for set in InstructionSet.allCases { known["NNQ_ISA_\(set.rawValue)"] = set.runs(on: target) }
        // The call structure of generated C counts before the interpreter's; headers come before sources.
        let call = "src/compiled.h"
        let paths = files.keys.sorted().filter { $0 != call }
        let ordered = [call] + paths.filter { $0.hasSuffix(".h") } + paths.filter { $0.hasSuffix(".c") }
        let sources =
            [CFile(path: "include/nnq/ops.def", text: parameters(of: opcodes), known: known)]
            + ordered.map { CFile(path: $0, text: files[$0] ?? "", known: known) }
        var roots =
            ["NNQ_ALIGNED", "NNQ_APART", "NNQ_WORD_ALIGNED"] + (opcodes.isEmpty ? [] : ["nnq_call"]) + functions
        if let set = target.instructionSet { roots.append("NNQ_ISA_\(set.rawValue)") }
        return try Amalgamation(sources).text(of: roots)
    }

    /// The parameter structures that ops.def makes, of these ops only.
    private static func parameters(of opcodes: Set<Int32>) -> String {
        var text = ""
        var members = ""
        for opcode in opcodes.sorted() {
            let name = String(cString: nnq_op_name(opcode))
            text += "typedef struct nnq_\(name)_params {\n    int32_t opcode;\n"
            var index: Int32 = 0
            while let field = nnq_op_field_name(opcode, index) {
                text += "    int32_t \(String(cString: field));\n"
                index += 1
            }
            text += "} nnq_\(name)_params;\n\n"
            members += "    nnq_\(name)_params \(name);\n"
        }
        return text + "typedef union nnq_params {\n    int32_t opcode;\n\(members)} nnq_params;\n"
    }
}
