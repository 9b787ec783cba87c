// SPDX-License-Identifier: Apache-2.0
// The main job through the command line: train, quantize, compare, evaluate, run, look inside.

import Foundation
import Testing

@Suite("from data to int8 through the command line", .serialized)
struct PipelineTests {
    /// A small LeNet-5 trained once for all tests here.
    private static let trained: Result<(folder: Scratch, call: Call), any Error> = Result {
        let folder = try Scratch()
        let call = try Command.run(
            "train", "lenet5", "--data", "digits", "--samples", "8000", "--epochs", "3",
            "-o", folder.path("m.safetensors"), "--json")
        let quantize = try Command.run(
            "quantize", folder.path("m.safetensors"), "--calibrate", "digits", "--samples", "200", "-o",
            folder.path("m.nnq"), "--json")
        try #require(call.status == 0, "\(call.errors)")
        try #require(quantize.status == 0, "\(quantize.errors)")
        return (folder, call)
    }

    private func folder() throws -> Scratch { try Self.trained.get().folder }

    @Test func trainingReportsItsFigures() throws {
        let result = try Self.trained.get().call.json()
        #expect(try #require(result["accuracy"] as? Double) > 0.8)
        #expect(try #require(result["samples_per_second"] as? Double) > 0)
        #expect(result["epochs"] as? Int == 3)
        #expect(result["parameters"] as? Int == 61_706)
        #expect(try folder().contents == ["m.nnq", "m.safetensors"])
    }

    @Test func sameSeedSameBytes() throws {
        let folder = try Scratch()
        for name in ["a", "b"] {
            let call = try Command.run(
                "train", "digits-mlp", "--samples", "500", "--epochs", "2", "--seed", "7",
                "-o", folder.path("\(name).safetensors"))
            #expect(call.status == 0, "\(call.errors)")
        }
        let files = try ["a", "b"].map { try Data(contentsOf: URL(fileURLWithPath: folder.path("\($0).safetensors"))) }
        #expect(files[0] == files[1])
    }

    @Test func comparisonHasTheDocumentedShape() throws {
        let folder = try folder()
        let call = try Command.run(
            "compare", folder.path("m.safetensors"), folder.path("m.nnq"), "--data", "digits", "--samples", "500",
            "--json")
        let result = try call.json()
        let float = try #require((result["float"] as? [String: Any])?["accuracy"] as? Double)
        let int8 = try #require((result["int8"] as? [String: Any])?["accuracy"] as? Double)
        #expect(abs(float - int8) <= 0.02)
        #expect(try #require(result["agreement"] as? Double) > 0.95)
        let layers = try #require(result["layers"] as? [[String: Any]])
        #expect(layers.count == 8)
        for layer in layers { #expect(try #require(layer["sqnr_db"] as? Double) > 20, "\(layer)") }
        let evaluation = try Command.run("eval", folder.path("m.nnq"), "--data", "digits", "--samples", "500", "--json")
            .json()
        #expect(evaluation["accuracy"] as? Double == int8)
        let floatEvaluation = try Command.run(
            "eval", folder.path("m.safetensors"), "--data", "digits", "--samples", "500", "--json"
        ).json()
        #expect(floatEvaluation["accuracy"] as? Double == float)
    }

    @Test func everyKindOfInputGivesTheSameAnswer() throws {
        let folder = try folder()
        let label =
            try Command.run("data", "sample", "digits", "--index", "3", "-o", folder.path("d.png"), "--json").json()[
                "label"] as? Int
        _ = try Command.run("data", "sample", "digits", "--index", "3", "-o", folder.path("d.npy"))
        let png = try Command.run(
            "run", folder.path("m.nnq"), folder.path("d.png"), "-o", folder.path("out.bin"), "--json", "--layers"
        ).json()
        #expect(png["class"] as? Int == label)
        let int8 = try #require(png["output_int8"] as? [Int])
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: folder.path("out.bin"))).map { Int(Int8(bitPattern: $0)) } == int8
        )
        let layers = try #require(png["layers"] as? [[String: Any]])
        #expect(layers.last?["output_fnv1a"] as? String == png["output_fnv1a"] as? String)

        // The picture's bytes follow the .npy header; pixel - 128 is the int8 input.
        let npy = try Data(contentsOf: URL(fileURLWithPath: folder.path("d.npy"))).suffix(784)
        try Data(npy.map { $0 ^ 0x80 }).write(to: URL(fileURLWithPath: folder.path("d.bin")))
        try npy.map { String($0) }.joined(separator: ",").write(
            toFile: folder.path("d.csv"), atomically: true, encoding: .utf8)
        for kind in ["npy", "csv", "bin"] {
            let other = try Command.run("run", folder.path("m.nnq"), folder.path("d.\(kind)"), "--json").json()
            #expect(other["output_int8"] as? [Int] == int8, "\(kind)")
        }
        for name in ["d.png", "d.npy", "d.bin", "d.csv", "out.bin"] {
            try FileManager.default.removeItem(atPath: folder.path(name))
        }
    }

    @Test func filesCanBeLookedInto() throws {
        let folder = try folder()
        let int8 = try Command.run("inspect", folder.path("m.nnq"), "--json").json()
        #expect(
            (int8["ops"] as? [[String: Any]])?.map { $0["op"] as? String } == [
                "conv2d", "max_pool", "conv2d", "max_pool", "dense", "dense", "dense", "softmax",
            ])
        #expect(int8["macs"] as? Int == 416_520)
        let float = try Command.run("inspect", folder.path("m.safetensors"), "--json").json()
        #expect(float["macs"] as? Int == 416_520)
        #expect(float["parameters"] as? Int == 61_706)
        let plan = try Command.run("plan", folder.path("m.nnq"), "--json").json()
        #expect(plan["arena_bytes"] as? Int == 5880)
        #expect(plan["lower_bound"] as? Int == 5880)
        #expect(plan["optimal"] as? Bool == true)
        #expect(try Command.run("verify", folder.path("m.nnq"), "--json").json()["valid"] as? Bool == true)
        for verb in ["inspect", "plan", "verify"] {
            let call = try Command.run(verb, folder.path("m.nnq"))
            #expect(call.status == 0 && call.output.contains("bytes"), "\(verb): \(call.errors)")
        }
    }
}
