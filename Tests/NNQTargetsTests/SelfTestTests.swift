// SPDX-License-Identifier: Apache-2.0
// What surrounds generated C: its self-test, models side by side, what they hold, and what is refused.

import CNNQ
import Foundation
import NNQFormat
import NNQTargets
import Oracle
import Testing

@Suite struct SelfTestTests {
    private static func network() throws -> ProgramFile {
        var networks = NetworkGenerator(seed: 7)
        return try ProgramFile(networks.leNet5())
    }

    private static let main = """
        #include "model.h"
        int main(void) { return model_selftest(); }

        """

    /// A constant or a parameter that changed on the way to the flash is found.
    @Test func findsChanges() throws {
        let model = try CompiledModel(Self.network(), target: .portable, name: "model")
        let changes: [(String, String)] = [
            ("", ""), ("model_constants_0[", "model_constants_0["), (".stride_height = 1", ".stride_height = 2"),
        ]
        for (index, (old, new)) in changes.enumerated() {
            var source = model.source.replacingOccurrences(of: old, with: new)
            if index == 1 {
                // The first weight, by 64.
                let start = try #require(source.range(of: "model_constants_0[")).upperBound
                let brace = try #require(source.range(of: "{\n    ", range: start..<source.endIndex)).upperBound
                let comma = try #require(source.range(of: ",", range: brace..<source.endIndex)).lowerBound
                let weight = try #require(UInt8(source[brace..<comma]))
                source.replaceSubrange(brace..<comma, with: "\(weight ^ 64)")
            }
            let program = try CProgram()
            try program.write("model.c", source)
            try program.write("model.h", model.header)
            try program.write("main.c", Self.main)
            #expect(try program.compile("gcc", ["-O1"]) == "")
            #expect(try program.run().status == (index == 0 ? 0 : 1), "change \(index)")
        }
    }

    @Test func storesInputs() throws {
        let file = try Self.network()
        let input = (0..<784).map { Int8($0 % 201 - 100) }
        let model = try CompiledModel(file, target: .portable, name: "model", selfTestInputs: [input])
        #expect(model.source.contains("static const int8_t model_test_input[784]"))
        var cases = try CompiledCases()
        let expected = try Oracle.run(file.program, inputs: [input])
        try cases.add(model, inputs: [input], outputs: file.program.outputs.map { expected[$0] })
        try cases.check("gcc", ["-O1"])
        #expect(throws: FormatError.self) {
            try CompiledModel(file, target: .portable, name: "model", selfTestInputs: [[1, 2]])
        }
    }

    /// Two models share no name that a linker sees.
    @Test func modelsShareAProgram() throws {
        let program = try CProgram()
        for name in ["one", "two"] {
            let model = try CompiledModel(Self.network(), target: .portable, name: name)
            try program.write("\(name).c", model.source)
            try program.write("\(name).h", model.header)
        }
        try program.write(
            "main.c",
            """
            #include "one.h"
            #include "two.h"
            int main(void) { return one_selftest() + two_selftest() + one_selftest(); }

            """)
        #expect(try program.compile("gcc", ["-O1"]) == "")
        #expect(try program.run().status == 0)
        let symbols = try program.call(["nm", "-g", "--defined-only", "program"]).output
        #expect(!symbols.contains("nnq_"))
    }

    @Test func holdsOnlyWhatItUses() throws {
        var generator = ProgramGenerator(seed: 3)
        let model = try CompiledModel(
            ProgramFile(generator.program(of: .NNQ_OP_DENSE)), target: .portable, name: "model")
        for word in ["conv2d", "nnq_check", "nnq_op_", "softmax", "nnq_session", "printf", "malloc"] {
            #expect(!model.source.contains(word), "\(word)")
        }
        #expect(model.arenaBytes == model.file.plan.arenaBytes)
        #expect(model.header.contains("#define MODEL_ARENA_SIZE \(model.arenaBytes)"))
        #expect(model.constantBytes > 0 && model.constantBytes < 5_000)
    }

    @Test func namesFilesAfterModels() {
        #expect(CompiledModel.name(forFile: "a/vww_96.nnq") == "vww_96")
        #expect(CompiledModel.name(forFile: "my-model v2.nnq") == "my_model_v2")
        #expect(CompiledModel.name(forFile: "7segments.nnq") == "model_7segments")
        #expect(CompiledModel.name(forFile: "string.nnq") == "model_string")
        #expect(CompiledModel.name(forFile: "größe.nnq") == "gr__e")
        #expect(CompiledModel.name(forFile: ".nnq") == "model")
    }

    @Test func refusesNames() throws {
        let file = try Self.network()
        for name in ["", "7", "a-b", "string", "é", "nnq_x", "_x"] {
            #expect(throws: FormatError.self) { try CompiledModel(file, target: .portable, name: name) }
        }
    }

    @Test func refusesOtherCoresForms() throws {
        let file = try Self.network().packed(for: .cortexM4)
        _ = try CompiledModel(file, target: .cortexM7, name: "model")
        for target in [TargetCore.portable, .cortexM3] {
            let error = #expect(throws: FormatError.self) { try CompiledModel(file, target: target, name: "model") }
            #expect(error?.description.contains("compile the file that was not packed") == true)
        }
    }

    /// C for one core does not compile for another one, and says why.
    @Test func namesItsCore() throws {
        let model = try CompiledModel(Self.network(), target: .cortexM4, name: "model")
        let program = try CProgram()
        try program.write("model.c", model.source)
        try program.write("model.h", model.header)
        #expect(try program.compile("gcc", ["-c"]).contains("model.c was made for cortex-m4"))
    }

    @Test func refusesUnknownBoards() {
        let error = #expect(throws: TargetError.self) { try Board(machine: "nucleo") }
        #expect(error?.description.contains("boards are mps2-an385 (cortex-m0), mps2-an385 (cortex-m3), ") == true)
    }
}
