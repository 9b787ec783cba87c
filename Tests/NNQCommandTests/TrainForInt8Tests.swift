// SPDX-License-Identifier: Apache-2.0
// nnq train --qat and the methods of nnq quantize, through the command line.

import Foundation
import NNQGraph
import Testing

@Suite("training for int8, methods of quantization")
struct TrainForInt8Tests {
    private let folder: Scratch
    private let float: String
    private let accuracy: Double

    init() throws {
        folder = try Scratch()
        float = folder.path("float.safetensors")
        let call = try Command.run(
            "train", "lenet5", "--data", "digits", "--samples", "2000", "--epochs", "4", "--threads", "1", "--json",
            "-o",
            float)
        #expect(call.status == 0, "\(call.errors)")
        accuracy = try #require(try call.json()["accuracy"] as? Double)
    }

    @Test(arguments: ["8", "4"])
    func trainsQuantizesAndEvaluates(_ bits: String) throws {
        let output = folder.path("int8.safetensors")
        let trained = try Command.run(
            "train", "lenet5", "--from", float, "--qat", "--weight-bits", bits, "--data", "digits", "--samples", "2000",
            "--epochs", "1", "--threads", "1", "--json", "-o", output)
        #expect(trained.status == 0, "\(trained.errors)")
        let int8 = try #require(try trained.json()["int8_accuracy"] as? Double)
        #expect(int8 > accuracy - 0.02 && accuracy > 0.5, "\(int8), float \(accuracy)")
        #expect(try Model(contentsOf: output).metadata.fakeQuantization?.weightBits["dense_1"] == Int(bits))

        let file = folder.path("int8.nnq")
        let quantized = try Command.run("quantize", output, "-o", file, "--json")
        #expect(quantized.status == 0, "\(quantized.errors)")
        let size = try #require(try quantized.json()["file_bytes"] as? Int)
        #expect(bits == "8" ? size > 55_000 : size < 40_000, "\(size)")
        let evaluated = try Command.run("eval", file, "--data", "digits", "--samples", "2000", "--json")
        #expect(try evaluated.json()["accuracy"] as? Double == int8)
        let compared = try Command.run("compare", output, file, "--data", "digits", "--samples", "200", "--json")
        #expect(compared.status == 0, "\(compared.errors)")
    }

    @Test func aStoppedRunGoesOnToTheSameBytes() throws {
        let common = [
            "train", "lenet5", "--from", float, "--qat", "--data", "digits", "--samples", "4000", "--epochs", "8",
            "--threads", "1",
        ]
        let whole = try Command.run(common + ["-o", folder.path("whole.safetensors")])
        #expect(whole.status == 0, "\(whole.errors)")
        let output = folder.path("stopped.safetensors")
        let stopped = try Command.run(common + ["-o", output], interruptAfter: "parameters")
        try #require(stopped.status == 130, "the run ended before it was stopped: \(stopped.errors)")
        let resumed = try Command.run(common + ["-o", output, "--resume"])
        #expect(resumed.status == 0, "\(resumed.errors)")
        let files = try ["whole", "stopped"].map {
            try Data(contentsOf: URL(fileURLWithPath: folder.path("\($0).safetensors")))
        }
        #expect(files[0] == files[1])
    }

    /// Each method alone: it runs, the report has it, and the model still works.
    @Test(arguments: [
        (["--calibrator", "mse"], "calibrator mse"), (["--calibrator", "entropy"], "calibrator entropy"),
        (["--calibrator", "moving-average:0.8"], "calibrator moving-average:0.8"),
        (["--calibrator", "percentile"], "calibrator percentile"), (["--weight-scales", "mse"], "weight scales mse"),
        (["--weight-scales", "tensor"], "weight scales tensor"), (["--equalize"], "equalize: "),
        (["--equalize", "activations"], "equalize: "), (["--absorb-bias"], "absorb-bias: "),
        (["--bias-correction"], "bias-correction: 5 layers"), (["--adaround"], "adaround: 5 layers"),
        (["--weight-bits", "4", "--layer-bits", "conv2d_2=8"], "weight scales mse"),
    ])
    func methodsOfQuantization(_ flags: [String], _ line: String) throws {
        let file = folder.path("m.nnq")
        let without = ["--equalize", "none", "--bias-correction", "none"].chunks.filter { !flags.contains($0[0]) }
        let call = try Command.run(
            ["quantize", float, "--calibrate", "digits", "--samples", "200", "-o", file] + without.joined() + flags)
        #expect(call.status == 0, "\(call.errors)")
        #expect(call.errors.contains(line), "\(call.errors)")
        let evaluated = try Command.run("eval", file, "--data", "digits", "--samples", "2000", "--json")
        let int8 = try #require(try evaluated.json()["accuracy"] as? Double)
        #expect(int8 > accuracy - 0.2, "\(int8), float \(accuracy)")
    }

    /// `--name`, `--name value` and `--name=value`, in front of other options and of the model.
    @Test func methodsAreReadInEachForm() throws {
        func file(_ flags: String...) throws -> Data {
            let path = folder.path("m.nnq")
            let call = try Command.run(
                ["quantize"] + flags + [float, "--calibrate", "digits", "--samples", "50", "-o", path])
            #expect(call.status == 0, "\(flags): \(call.errors)")
            return try Data(contentsOf: URL(fileURLWithPath: path))
        }
        let none = try file("--equalize", "none", "--bias-correction", "none")
        #expect(try file("--equalize=none", "--bias-correction=none") == none)
        let plain = try file("--equalize", "--bias-correction")
        #expect(plain != none)
        #expect(try file("--bias-correction=data", "--equalize=weights") == plain)
        #expect(try file("--bias-correction", "--equalize", "weights") == plain)
        #expect(try file("--equalize=activations", "--bias-correction=none") != none)
    }

    @Test func mistakesAreNamed() throws {
        let fresh = try Command.run("train", "lenet5", "--qat", "--data", "digits", "-o", folder.path("x.safetensors"))
        #expect(fresh.status == 1 && fresh.errors.contains("--qat starts from a trained model"), "\(fresh.errors)")
        let bits = try Command.run("train", "lenet5", "--weight-bits", "4")
        #expect(bits.status == 2 && bits.errors.contains("add --qat"), "\(bits.errors)")
        let five = try Command.run("quantize", float, "--calibrate", "digits", "--weight-bits", "5")
        #expect(five.status == 2 && five.errors.contains("8 or 4, not 5"), "\(five.errors)")
        let layer = try Command.run("quantize", float, "--calibrate", "digits", "--layer-bits", "conv=4")
        #expect(layer.status == 1 && layer.errors.contains("'conv' is no layer of weights"), "\(layer.errors)")
        let blank = try Command.run("quantize", float, "-o", folder.path("y.nnq"))
        #expect(blank.status == 2 && blank.errors.contains("--calibrate is missing"), "\(blank.errors)")
    }
}

extension [String] {
    /// Two at a time.
    fileprivate var chunks: [[String]] { stride(from: 0, to: count, by: 2).map { Array(self[$0..<$0 + 2]) } }
}
