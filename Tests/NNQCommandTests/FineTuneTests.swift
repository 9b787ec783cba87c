// SPDX-License-Identifier: Apache-2.0
// Training that starts from a model file.

import Foundation
import NNQGraph
import Testing

@Suite("training a model that exists")
struct FineTuneTests {
    /// A network of no recipe, without the names of its classes, as imported ones are.
    private static func model(in folder: Scratch) throws -> String {
        let model = try Model(input: [28, 28, 1], metadata: .pixels()) {
            AveragePool(4)
            Conv2D(4, kernel: 3)
            PReLU()
            Flatten()
            Dense(10)
            Softmax()
        }
        let path = folder.path("mine.safetensors")
        try model.write(to: path)
        return path
    }

    @Test func aFileBringsItsNetwork() throws {
        let folder = try Scratch()
        let start = try Self.model(in: folder)
        let common = ["--data", "digits", "--samples", "2000", "--epochs", "2", "--threads", "1", "--json"]
        for (index, words) in [[start], ["--from", start], ["digits-mlp", "--from", start]].enumerated() {
            let output = folder.path("tuned\(index).safetensors")
            let call = try Command.run(["train"] + words + common + ["-o", output])
            #expect(call.status == 0, "\(call.errors)")
            let tuned = try Model(contentsOf: output)
            #expect(try tuned.graph == Model(contentsOf: start).graph)
            #expect(try tuned.parameters != Model(contentsOf: start).parameters)
            #expect(tuned.metadata.classes.count == 10)
        }
    }

    /// One epoch and then, from its file, another one go on getting better.
    @Test func trainingGoesOnFromItsWeights() throws {
        let folder = try Scratch()
        let start = try Self.model(in: folder)
        let common = ["--data", "digits", "--samples", "2000", "--epochs", "1", "--threads", "1", "--json"]
        let output = folder.path("one.safetensors")
        let first = try Command.run(["train", start, "-o", output] + common)
        let second = try Command.run(["train", output, "--resume", "-o", folder.path("two.safetensors")] + common)
        #expect(first.status == 0 && second.status == 0, "\(first.errors) \(second.errors)")
        let losses = try [first, second].map { try #require(try $0.json()["loss"] as? Double) }
        #expect(losses[1] < losses[0])
    }

    @Test func theFileIsNotOverwritten() throws {
        let folder = try Scratch()
        let start = try Self.model(in: folder)
        let before = try Data(contentsOf: URL(fileURLWithPath: start))
        let call = try Command.run(
            ["train", start, "--data", "digits", "--samples", "500", "--epochs", "1"], in: folder.url)
        #expect(call.status == 0, "\(call.errors)")
        #expect(folder.contents == ["mine-trained.safetensors", "mine.safetensors"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: start)) == before)
    }

    @Test func sentences() throws {
        let folder = try Scratch()
        let start = try Self.model(in: folder)
        let noData = try Command.run("train", start, "-o", folder.path("x.safetensors"))
        #expect(noData.status == 1 && noData.errors.contains("--data"), "\(noData.errors)")
        let two = try Command.run("train", start, "--from", start, "--data", "digits")
        #expect(two.status == 2 && two.errors.contains("both models"), "\(two.errors)")
        let nothing = try Command.run("train")
        #expect(nothing.status == 2 && nothing.errors.contains("a recipe or a model"), "\(nothing.errors)")
        let shape = try Command.run("train", start, "--data", "xor", "-o", folder.path("x.safetensors"))
        #expect(shape.status == 1 && shape.errors.contains("28x28x1"), "\(shape.errors)")
    }
}
