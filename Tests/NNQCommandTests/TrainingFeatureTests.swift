// SPDX-License-Identifier: Apache-2.0
// Training features and metrics through the command line.

import Foundation
import NNQGraph
import Testing

@Suite("training features", .serialized)
struct TrainingFeatureTests {
    private let folder: Scratch

    init() throws { folder = try Scratch() }

    private func train(
        _ words: String..., recipe: String = "digits-mlp", output: String = "m.safetensors"
    ) throws -> Call {
        try Command.run(
            ["train", recipe, "--samples", "600", "--epochs", "3", "--threads", "1", "--json"] + words
                + ["-o", folder.path(output)])
    }

    @Test func metricsOfFloatAndInt8() throws {
        _ = try train()
        _ = try Command.run(
            "quantize", folder.path("m.safetensors"), "--calibrate", "digits", "--samples", "100", "-o",
            folder.path("m.nnq"))
        for file in ["m.safetensors", "m.nnq"] {
            let call = try Command.run(
                "eval", folder.path(file), "--data", "digits", "--samples", "300", "--top-k", "3", "--json")
            #expect(call.status == 0, "\(call.errors)")
            let result = try call.json()
            let confusion = try #require(result["confusion"] as? [[Int]])
            let classes = try #require(result["classes"] as? [[String: Any]])
            #expect(classes.count == 10 && classes[0]["name"] as? String == "0")
            var recalls = 0.0
            for (index, one) in classes.enumerated() {
                let samples = confusion[index].reduce(0, +)
                let recall = Double(confusion[index][index]) / Double(samples)
                #expect(one["samples"] as? Int == samples)
                #expect(abs(try #require(one["recall"] as? Double) - recall) < 1e-12)
                #expect(try #require(one["auc"] as? Double) > 0.5)
                recalls += recall
            }
            #expect(abs(try #require(result["macro_recall"] as? Double) - recalls / 10) < 1e-12)
            #expect(result["top_k"] as? Int == 3)
            let top = try #require(result["top_k_accuracy"] as? Double)
            #expect(try top >= #require(result["accuracy"] as? Double) && top <= 1)
        }
        let text = try Command.run("eval", folder.path("m.safetensors"), "--data", "digits", "--samples", "300").output
        for words in ["Top-5 accuracy", "precision", "mean of classes", "is \\ answered"] {
            #expect(text.contains(words), "\(text)")
        }
    }

    @Test func valuesHaveErrors() throws {
        let path = folder.path("s.safetensors")
        _ = try Command.run("train", "sine", "--epochs", "3", "-o", path)
        let result = try Command.run("eval", path, "--data", "sine", "--json").json()
        for key in ["mae", "rmse", "r2"] { #expect(result[key] is Double, "\(key)") }
        #expect(result["classes"] == nil && result["top_k"] == nil)
    }

    /// Every flag changes the weights, and the same key in a recipe changes them alike.
    @Test(arguments: [
        ("--label-smoothing 0.1", "label_smoothing: 0.1"), ("--mixup 0.2", "mixup: 0.2"),
        ("--class-weights 1,2,1,1,1,1,1,1,1,3", "class_weights: [1, 2, 1, 1, 1, 1, 1, 1, 1, 3]"),
        ("--clip-norm 0.1", "clip_norm: 0.1"), ("--average-decay 0.9", "average_decay: 0.9"),
        ("--validation 0.2", "validation: 0.2"), ("--cutout 6", "augmentation: {cutout: 6}"),
        ("--flip", "augmentation: {flip: true}"), ("--crop 3", "augmentation: {crop: 3}"),
        ("--shift 2", "augmentation: {shift: 2}"),
        ("--weight-decay 0.1", "weight_decay: {weights: 0.1}"),
    ])
    func flagsAndKeysAgree(flag: String, key: String) throws {
        var yaml = try Command.run("recipes", "digits-mlp").output
        let name = String(key.prefix { $0 != ":" })
        yaml = yaml.split(separator: "\n").filter { !$0.contains(" \(name):") }.joined(separator: "\n")
        let recipe = folder.path("digits-mlp.yaml")
        // The recipe without the key, so that a key of its own does not stand twice.
        try yaml.write(toFile: recipe, atomically: true, encoding: .utf8)
        let common = ["--samples", "600", "--epochs", "2", "--threads", "1", "-o"]
        func bytes(_ words: [String], _ output: String) throws -> Data {
            let call = try Command.run(["train", recipe] + words + common + [folder.path(output)])
            #expect(call.status == 0, "\(call.errors)")
            return try Data(contentsOf: URL(fileURLWithPath: folder.path(output)))
        }
        let plain = try bytes([], "plain.safetensors")
        let flagged = try bytes(flag.split(separator: " ").map(String.init), "flag.safetensors")
        #expect(plain != flagged)
        try (yaml + "\n  \(key)\n").write(toFile: recipe, atomically: true, encoding: .utf8)
        #expect(try bytes([], "key.safetensors") == flagged)
    }

    /// What a recipe mirrors, --no-flip leaves as it is.
    @Test func mirroringCanBeSwitchedOff() throws {
        let recipe = folder.path("own.yaml")
        let yaml = try Command.run("recipes", "digits-mlp").output
        func bytes(_ augmentation: String, _ words: [String] = []) throws -> Data {
            try "\(yaml)\n  augmentation: {\(augmentation)}\n".write(toFile: recipe, atomically: true, encoding: .utf8)
            let common = ["--samples", "600", "--epochs", "1", "--threads", "1", "-o", folder.path("m.safetensors")]
            #expect(try Command.run(["train", recipe] + words + common).status == 0)
            return try Data(contentsOf: URL(fileURLWithPath: folder.path("m.safetensors")))
        }
        #expect(try bytes("flip: true, shift: 1", ["--no-flip"]) == bytes("shift: 1"))
    }

    @Test func theBestEpochIsReported() throws {
        let result = try train("--validation", "0.2", "--patience", "2").json()
        let best = try #require(result["best_epoch"] as? Int)
        #expect(try (1...3).contains(best) && #require(result["epochs"] as? Int) <= 3)
        #expect(try #require(result["validation_accuracy"] as? Double) > 0.1)
    }

    @Test func aTeacherIsNamed() throws {
        _ = try train(output: "teacher.safetensors")
        let teacher = folder.path("teacher.safetensors")
        let taught = try train("--distill", teacher, "--distill-weight", "0.5", "--distill-temperature", "3")
        #expect(taught.status == 0, "\(taught.errors)")
        #expect(try Model(contentsOf: folder.path("m.safetensors")).parameters != Model(contentsOf: teacher).parameters)
        let other = try train("--distill", teacher, recipe: "resnet8", output: "x.safetensors")
        #expect(other.status == 1 && other.errors.contains("the teacher's input is 28x28x1"), "\(other.errors)")
        #expect(!folder.contents.contains("x.safetensors"))
    }

    @Test func aRateIsSuggested() throws {
        let result = try train("--find-learning-rate").json()
        let suggestion = try #require(result["suggestion"] as? Double)
        #expect((1e-5...1).contains(suggestion))
        #expect(try #require(result["points"] as? [[String: Any]]).count > 20)
        #expect(folder.contents.isEmpty)
        let text = try Command.run("train", "digits-mlp", "--samples", "600", "--threads", "1", "--find-learning-rate")
        #expect(text.output.contains("Suggested: --learning-rate"), "\(text.output)")
    }

    @Test func foldsAreReported() throws {
        let result = try train("--folds", "3").json()
        let folds = try #require(result["folds"] as? [[String: Any]])
        let accuracies = folds.compactMap { $0["accuracy"] as? Double }
        #expect(accuracies.count == 3 && folds.compactMap { $0["samples"] as? Int } == [200, 200, 200])
        #expect(abs(try #require(result["mean"] as? Double) - accuracies.reduce(0, +) / 3) < 1e-12)
        #expect(result["metric"] as? String == "accuracy" && folder.contents.isEmpty)
    }

    @Test(arguments: [
        (["--folds", "1"], 2, "at least 2"), (["--find-learning-rate", "--folds", "3"], 2, "choose one"),
        (["--class-weights", "one"], 2, "balanced"), (["--class-weights", "1,2"], 1, "10 classes"),
        (["--patience", "3"], 1, "--validation"), (["--distill-weight", "1"], 2, "--distill TEACHER"),
        (["--validation", "2"], 2, "between 0 and 1"), (["--label-smoothing", "2"], 1, "label smoothing is 2.0"),
    ])
    func mistakesAreSentences(words: [String], status: Int32, sentence: String) throws {
        let call = try Command.run(
            ["train", "digits-mlp", "--samples", "200", "--epochs", "1", "-o", folder.path("m.safetensors")] + words)
        #expect(call.status == status && call.errors.contains(sentence), "\(call.status) \(call.errors)")
        #expect(folder.contents.isEmpty)
    }

    /// Stopped and resumed with averages, the best weights and patience.
    @Test func resumingKeepsAverages() throws {
        let common = [
            "train", "lenet5", "--samples", "3000", "--epochs", "8", "--threads", "1", "--average-decay", "0.9",
            "--validation", "0.2", "--keep-best", "-o",
        ]
        let whole = try Command.run(common + [folder.path("whole.safetensors")])
        #expect(whole.status == 0, "\(whole.errors)")
        let output = folder.path("stopped.safetensors")
        let stopped = try Command.run(common + [output], interruptAfter: "epoch 1/")
        try #require(stopped.status == 130, "the run ended before it was stopped: \(stopped.errors)")
        let resumed = try Command.run(common + [output, "--resume"])
        #expect(resumed.status == 0, "\(resumed.errors)")
        let files = try ["whole", "stopped"].map {
            try Data(contentsOf: URL(fileURLWithPath: folder.path("\($0).safetensors")))
        }
        #expect(files[0] == files[1])
    }
}
