// SPDX-License-Identifier: Apache-2.0
// Wrong calls and bad input: a clear sentence, the right exit code, nothing half-written.

import Foundation
import Testing

@Suite("mistakes")
struct MistakeTests {
    private let folder: Scratch

    init() throws { folder = try Scratch() }

    @Test(arguments: [
        "data", "recipes", "train", "eval", "import", "export", "quantize", "compare", "run", "inspect", "plan",
        "verify", "compile", "firmware",
    ])
    func everyVerbHasHelpWithAnExample(verb: String) throws {
        let call = try Command.run(verb, "--help")
        #expect(call.status == 0)
        #expect(call.output.contains("Example: nnq \(verb)") || call.output.contains("Examples: nnq \(verb)"))
        #expect(call.output.contains("--json") || verb == "data")
    }

    @Test(arguments: [
        ["fly"], ["train"], ["train", "lenet5", "--epochs", "0"], ["train", "lenet5", "--epochs", "many"],
        ["run", "a.nnq"],
        ["quantize"], ["quantize", "m.safetensors", "--calibrate", "digits", "--calibrator", "magic"],
        ["compare", "a", "b"], ["verify", "--nonsense"], ["data", "sample", "digits", "-o", "x.gif"],
    ])
    func wrongCallsEndWithTwo(arguments: [String]) throws {
        let call = try Command.run(arguments)
        #expect(call.status == 2, "\(call.errors)")
        #expect(call.errors.contains("Error:") && call.output.isEmpty)
    }

    @Test(arguments: ["--equalize", "--bias-correction"])
    func valuesThatAreNoneAreNamed(option: String) throws {
        let call = try Command.run("quantize", "\(option)=magic", "m.safetensors", "--calibrate", "digits")
        #expect(call.status == 2)
        #expect(call.errors.contains("'magic' is invalid for '\(option)"), "\(call.errors)")
        #expect(call.errors.contains("'none'"), "\(call.errors)")
    }

    /// Calls that cannot work, and words that their one sentence must hold.
    @Test(arguments: [
        (["train", "lenet9"], ["lenet9", "lenet5"]),
        (["train", "lenet5", "--data", "minst"], ["minst", "mnist"]),
        (["train", "lenet5", "--data", "xor"], ["conv2d_1", "needs a map"]),
        (["train", "nowhere.yaml"], ["nowhere.yaml", "no such file"]),
        (["train", "lenet5", "--resume"], ["checkpoint", "no such file"]),
        (["eval", "nowhere.nnq", "--data", "digits"], ["nowhere.nnq", "no such file"]),
        (["inspect", "nowhere.safetensors"], ["nowhere.safetensors", "no such file"]),
        (["data", "fetch", "digits"], ["digits", "made here"]),
        (["data", "sample", "xor", "-o", "x.png"], ["xor", "no pictures"]),
    ])
    func impossibleWorkEndsWithOne(arguments: [String], words: [String]) throws {
        let call = try Command.run(arguments + (arguments[0] == "train" ? ["-o", folder.path("m.safetensors")] : []))
        #expect(call.status == 1)
        for word in words { #expect(call.errors.contains(word), "\(arguments): \(call.errors)") }
        #expect(folder.contents.isEmpty)
    }

    @Test func misspeltVerbsAreNamed() throws {
        let call = try Command.run("trian", "lenet5")
        #expect(call.status == 2)
        #expect(call.errors.contains("'trian' is not a verb") && call.errors.contains("train"), "\(call.errors)")
    }

    @Test func setsWithoutAnAddressAreNotFetched() throws {
        try FileManager.default.createDirectory(atPath: folder.path("mine"), withIntermediateDirectories: true)
        try "1,2\n3,4\n".write(toFile: folder.path("mine/two.csv"), atomically: true, encoding: .utf8)
        let call = try Command.run("data", "fetch", "two", "--data-folder", folder.url.path)
        #expect(call.status == 1)
        #expect(call.errors.contains("no address"), "\(call.errors)")
    }

    @Test func divergenceIsNamedAndLeavesNothing() throws {
        let call = try Command.run(
            "train", "linear-regression", "--learning-rate", "1e6", "--epochs", "50", "-o", folder.path("m.safetensors")
        )
        #expect(call.status == 1)
        #expect(call.errors.contains("epoch") && call.errors.contains("learning rate"), "\(call.errors)")
        #expect(folder.contents.isEmpty)
    }

    @Test func fullDisksAndForbiddenFoldersAreNamed() throws {
        let full = try Command.run("train", "xor-mlp", "--epochs", "1", "-o", "/dev/full")
        #expect(full.status == 1)
        #expect(full.errors.contains("disk is full"), "\(full.errors)")
        let missing = try Command.run("train", "xor-mlp", "--epochs", "1", "-o", folder.path("no/such/m.safetensors"))
        #expect(missing.status == 1)
        #expect(missing.errors.contains("no such"), "\(missing.errors)")
        let isFolder = try Command.run("train", "xor-mlp", "--epochs", "1", "-o", folder.url.path)
        #expect(isFolder.errors.contains("it is a folder"), "\(isFolder.errors)")
    }

    @Test func badInputsToRunAreNamed() throws {
        _ = try Command.run("train", "xor-mlp", "--epochs", "1", "-o", folder.path("m.safetensors"))
        _ = try Command.run("quantize", folder.path("m.safetensors"), "--calibrate", "xor")
        try "1,2,3".write(toFile: folder.path("three.csv"), atomically: true, encoding: .utf8)
        try "1,apple".write(toFile: folder.path("apple.csv"), atomically: true, encoding: .utf8)
        try "no picture".write(toFile: folder.path("x.png"), atomically: true, encoding: .utf8)
        for (input, word) in [
            ("three.csv", "3 values"), ("apple.csv", "apple"), ("x.png", "channels"), ("x.doc", ".csv or .bin"),
        ] {
            let call = try Command.run("run", folder.path("m.nnq"), folder.path(input))
            #expect(call.status == 1 && call.errors.contains(word), "\(input): \(call.errors)")
        }
        let float = try Command.run("run", folder.path("m.safetensors"), folder.path("three.csv"))
        #expect(float.status == 1 && float.errors.contains("3 values"), "\(float.errors)")
        let both = try Command.run("run", folder.path("m.nnq"), folder.path("three.csv"), "--pattern")
        #expect(both.status == 2 && both.errors.contains("--pattern"), "\(both.errors)")
        let two = try Command.run("run", folder.path("m.nnq"), folder.path("three.csv"), folder.path("three.csv"))
        #expect(two.status == 1 && two.errors.contains("one input, and 2 were given"), "\(two.errors)")
    }

    @Test func damagedModelsAreRefusedWithOpAndByte() throws {
        _ = try Command.run("train", "xor-mlp", "--epochs", "1", "-o", folder.path("m.safetensors"))
        _ = try Command.run("quantize", folder.path("m.safetensors"), "--calibrate", "xor")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path("m.nnq")))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: folder.path("bad.nnq")))
        let call = try Command.run("verify", folder.path("bad.nnq"), "--json")
        #expect(call.status == 1)
        let result = try call.json()
        #expect(result["valid"] as? Bool == false)
        #expect(result["error"] as? String == "NNQ_ERROR_CHECKSUM")
        #expect(result["byte"] as? Int == 12)
        #expect(call.errors.contains("bad.nnq"))
        try bytes.prefix(20).write(to: URL(fileURLWithPath: folder.path("short.nnq")))
        #expect(try Command.run("inspect", folder.path("short.nnq")).errors.contains("short.nnq is refused"))
    }

    @Test func compareRefusesStrangers() throws {
        for recipe in ["xor-mlp", "sine"] {
            _ = try Command.run("train", recipe, "--epochs", "1", "-o", folder.path("\(recipe).safetensors"))
        }
        _ = try Command.run("quantize", folder.path("sine.safetensors"), "--calibrate", "sine")
        let swapped = try Command.run(
            "compare", folder.path("sine.nnq"), folder.path("sine.safetensors"), "--data", "sine")
        #expect(swapped.status == 2)
        #expect(swapped.errors.contains("the float model comes first"), "\(swapped.errors)")
        let call = try Command.run(
            "compare", folder.path("xor-mlp.safetensors"), folder.path("sine.nnq"), "--data", "xor")
        #expect(call.status == 1)
        #expect(call.errors.contains("was not made from"), "\(call.errors)")
    }
}
