// SPDX-License-Identifier: Apache-2.0
// nnq compile and nnq firmware as a person calls them.

import Foundation
import Testing

@Suite("compile")
struct CompileTests {
    private let folder: Scratch
    private let model: String

    init() throws {
        folder = try Scratch()
        model = folder.path("digits model.nnq")
        let float = folder.path("m.safetensors")
        let trained = try Command.run("train", "digits-mlp", "--samples", "200", "--epochs", "1", "-o", float)
        try #require(trained.status == 0, "\(trained.errors)")
        let made = try Command.run("quantize", float, "--calibrate", "digits", "--samples", "100", "-o", model)
        try #require(made.status == 0, "\(made.errors)")
    }

    @Test func compiles() throws {
        let call = try Command.run("compile", model, "-o", folder.path("a/b/"), "--json")
        #expect(call.status == 0, "\(call.errors)")
        let result = try call.json()
        let files = ["a/b/digits_model.c", "a/b/digits_model.h"].map(folder.path)
        #expect(result["files"] as? [String] == files)
        #expect(result["name"] as? String == "digits_model" && result["target"] as? String == "portable")
        #expect(try #require(result["model_bytes"] as? Int) > 1000 && result["arena_bytes"] as? Int ?? 0 > 0)
        #expect(files.allSatisfy(FileManager.default.fileExists))
        let source = try String(contentsOfFile: files[0], encoding: .utf8)
        #expect(source.contains("digits_model_selftest"))
        // The hash is the one that `run` prints of the same pattern.
        let hash = try Command.run("run", model, "--pattern", "--json").json()["output_fnv1a"] as? String
        #expect(source.contains("hash == 0x\(try #require(hash))u"))
    }

    @Test func takesANameAndAnInput() throws {
        #expect(try Command.run("data", "sample", "digits", "-o", folder.path("d.png")).status == 0)
        let call = try Command.run(
            "compile", model, "--target", "cortex-m4", "--name", "mine", "--test-input", folder.path("d.png"), "-o",
            folder.path("c"))
        #expect(call.status == 0, "\(call.errors)")
        #expect(call.output.split(separator: "\n").map(String.init) == ["c/mine.c", "c/mine.h"].map(folder.path))
        #expect(call.errors.contains("bytes of the model's constants"))
        #expect(try String(contentsOfFile: folder.path("c/mine.c"), encoding: .utf8).contains("mine_test_input["))
    }

    @Test func writesProjects() throws {
        let call = try Command.run("firmware", model, "--board", "mps2-an386", "-o", folder.path("app"), "--json")
        #expect(call.status == 0, "\(call.errors)")
        let files = try #require(try call.json()["files"] as? [String])
        for name in ["Makefile", "README.md", "main.c", "digits_model.c", "board/board.c", "inputs.bin"] {
            #expect(files.contains(folder.path("app/\(name)")))
        }
    }

    /// Calls that cannot work, their exit codes, and words that their one sentence must hold.
    @Test func mistakes() throws {
        let float = folder.path("m.safetensors")
        let output = folder.path("x")
        let cases: [([String], Int32, [String])] = [
            (["compile", model, "--target", "cortex-m9", "-o", output], 2, ["cortex-m9", "cortex-m4", "rv32imac"]),
            (["compile", model], 2, ["--output"]),
            (["compile", float, "-o", output], 1, ["float model", "nnq quantize"]),
            (["compile", model, "-o", output, "--name", "4ever"], 1, ["4ever", "--name"]),
            (["compile", model, "-o", output, "--test-input", "a.bin", "--test-input", "b.bin"], 1, ["one input", "2"]),
            (["compile", model, "-o", model], 1, [model, "folder"]),
            (["compile", model, "-o", "/proc/nowhere/x"], 1, ["/proc/nowhere"]),
            (["firmware", model, "--board", "nucleo", "-o", output], 2, ["nucleo", "mps2-an386"]),
            (["firmware", model, "--board", "virt", "--target", "cortex-m4", "-o", output], 2, ["virt", "cortex-m4"]),
            (["firmware", float, "--board", "virt", "-o", output], 1, ["float model"]),
        ]
        for (arguments, status, words) in cases {
            let call = try Command.run(arguments)
            #expect(call.status == status && call.output.isEmpty, "\(arguments): \(call.errors)")
            for word in words { #expect(call.errors.contains(word), "\(arguments): \(call.errors)") }
            #expect(!FileManager.default.fileExists(atPath: output), "\(arguments)")
        }
    }
}
