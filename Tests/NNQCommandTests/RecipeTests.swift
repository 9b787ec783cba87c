// SPDX-License-Identifier: Apache-2.0
// Every built-in recipe learns what it is for, on data that nnq makes, and stays right in int8.

import Foundation
import Testing

@Suite("recipes")
struct RecipeTests {
    /// Accuracy in float and int8 that the small ones must reach.
    @Test(arguments: [("perceptron", 1.0), ("xor-mlp", 0.99)])
    func decisionsAreRight(recipe: String, floor: Double) throws {
        let folder = try Scratch()
        let trained = try Command.run("train", recipe, "-o", folder.path("m.safetensors"), "--json")
        #expect(trained.status == 0, "\(trained.errors)")
        #expect(try #require(trained.json()["accuracy"] as? Double) >= floor)
        let data = recipe == "perceptron" ? "concert" : "xor"
        _ = try Command.run("quantize", folder.path("m.safetensors"), "--calibrate", data, "-o", folder.path("m.nnq"))
        let int8 = try Command.run("eval", folder.path("m.nnq"), "--data", data, "--json").json()
        #expect(try #require(int8["accuracy"] as? Double) >= floor)
    }

    /// Root mean squared error of float and of int8.
    @Test(arguments: [("linear-regression", "line", 0.07, 0.12), ("sine", "sine", 0.03, 0.06)])
    func numbersAreNear(recipe: String, data: String, float: Double, int8: Double) throws {
        let folder = try Scratch()
        let trained = try Command.run("train", recipe, "-o", folder.path("m.safetensors"), "--json")
        #expect(trained.status == 0, "\(trained.errors)")
        #expect(try #require(trained.json()["rmse"] as? Double) < float)
        _ = try Command.run("quantize", folder.path("m.safetensors"), "--calibrate", data, "-o", folder.path("m.nnq"))
        let result = try Command.run("eval", folder.path("m.nnq"), "--data", data, "--json").json()
        #expect(try #require(result["rmse"] as? Double) < int8)
    }

    @Test func resnet8LearnsShapes() throws {
        let folder = try Scratch()
        let trained = try Command.run(
            "train", "resnet8", "--samples", "640", "--epochs", "2", "-o", folder.path("m.safetensors"), "--json")
        #expect(trained.status == 0, "\(trained.errors)")
        let quantized = try Command.run(
            "quantize", folder.path("m.safetensors"), "--calibrate", "shapes", "--samples", "64", "-o",
            folder.path("m.nnq"), "--json")
        #expect(quantized.status == 0, "\(quantized.errors)")
        #expect(try quantized.json()["arena_is_optimal"] as? Bool == true)
        let comparison = try Command.run(
            "compare", folder.path("m.safetensors"), folder.path("m.nnq"), "--data", "shapes", "--samples", "100",
            "--json"
        ).json()
        #expect(try #require(comparison["agreement"] as? Double) > 0.8)
    }

    @Test func listedRecipesCanBeCopiedAndEdited() throws {
        let list = try Command.run("recipes", "--json").json()
        let names = try #require(list["recipes"] as? [[String: Any]]).compactMap { $0["name"] as? String }
        #expect(names.count == 10)
        let folder = try Scratch()
        for name in names {
            let call = try Command.run("recipes", name)
            #expect(call.status == 0 && call.output.contains("layers:"), "\(name)")
        }
        let yaml = try Command.run("recipes", "xor-mlp").output.replacingOccurrences(of: "dense: 8", with: "dense: 5")
        try yaml.write(toFile: folder.path("mine.yaml"), atomically: true, encoding: .utf8)
        let call = try Command.run(
            "train", folder.path("mine.yaml"), "--epochs", "5", "-o", folder.path("m.safetensors"), "--json")
        #expect(try call.json()["parameters"] as? Int == 5 * 2 + 5 + 5 + 1)
    }
}
