// SPDX-License-Identifier: Apache-2.0
// Generated models in one program that compares what each of them gives with what it must give.

import Foundation
import NNQFormat
import NNQTargets
import Testing

/// A program of many models, each run twice.
struct CompiledCases {
    let program: CProgram
    private var calls: [String] = []
    private var includes = ""

    init() throws { program = try CProgram() }

    /// Adds a model, whose outputs for these inputs are expected.
    mutating func add(_ model: CompiledModel, inputs: [[Int8]], outputs: [[Int8]]) throws {
        try program.write("\(model.name).c", model.source)
        try program.write("\(model.name).h", model.header)
        let file = model.file.program
        let given = file.inputCount - file.stateCount
        var body = "static int case_\(model.name)(void) {\n    int same = \(model.name)_selftest() == 0;\n"
        body += "    for (int run = 0; run < 2; run++) {\n"
        for (index, input) in inputs.enumerated() {
            let end = given == 1 ? "input" : "input_\(index)"
            includes += "static const int8_t \(model.name)_given_\(index)[] = {\(list(input))};\n"
            body += "        memcpy(\(model.name)_\(end)(), \(model.name)_given_\(index), \(input.count));\n"
        }
        if file.stateCount > 0 { body += "        \(model.name)_reset();\n" }
        body += "        \(model.name)_run();\n"
        for (index, output) in outputs.enumerated() {
            let end = outputs.count == 1 ? "output" : "output_\(index)"
            includes += "static const int8_t \(model.name)_wanted_\(index)[] = {\(list(output))};\n"
            body += "        same = same && !memcmp(\(model.name)_\(end)(), \(model.name)_wanted_\(index), \(output.count));\n"
        }
        body += "    }\n    return same;\n}\n"
        includes += "#include \"\(model.name).h\"\n\(body)"
        calls.append("    if (!case_\(model.name)()) { puts(\"\(model.name)\"); wrong++; }\n")
    }

    private func list(_ values: [Int8]) -> String { values.map(String.init).joined(separator: ",") }

    /// Expects that all models compile and give what they must.
    func check(_ compiler: String, _ flags: [String]) throws {
        let failures = try failures(compiler, flags)
        #expect(failures.isEmpty, "\(compiler) \(flags): \(failures)")
    }

    /// The names of models that give something else, or what the compiler says; nothing where all is well.
    private func failures(_ compiler: String, _ flags: [String]) throws -> String {
        try program.write(
            "main.c",
            """
            #include <stdint.h>
            #include <stdio.h>
            #include <string.h>
            \(includes)
            int main(void) {
                int wrong = 0;
            \(calls.joined())    return wrong != 0;
            }

            """)
        let words = try program.compile(compiler, flags)
        guard words.isEmpty else { return words }
        let (status, output) = try program.run()
        return status == 0 ? "" : "status \(status): \(output.prefix(2000))"
    }
}
