// SPDX-License-Identifier: Apache-2.0
// Activations of 16 bits through the command line.

import Foundation
import Testing

@Suite("activations of 16 bits", .serialized)
struct Int16Tests {
    @Test func quantizesComparesAndEvaluates() throws {
        let folder = try Scratch()
        let model = folder.path("m.safetensors")
        let train = try Command.run(
            "train", "digits-mlp", "--samples", "1000", "--epochs", "2", "--seed", "7", "-o", model)
        try #require(train.status == 0, "\(train.errors)")
        var worst: [String: Double] = [:]
        var accuracy: [String: Double] = [:]
        for bits in ["8", "16"] {
            let file = folder.path("\(bits).nnq")
            let quantize = try Command.run(
                "quantize", model, "--calibrate", "digits", "--samples", "200", "--activation-bits", bits, "-o", file,
                "--json")
            try #require(quantize.status == 0, "\(quantize.errors)")
            let report = try #require(try quantize.json()["report"] as? [String: Any])
            let options = try #require(report["options"] as? [String: Any])
            #expect(options["activationBits"] as? Int == Int(bits))
            let comparison = try Command.run("compare", model, file, "--data", "digits", "--samples", "300", "--json")
                .json()
            let layers = try #require(comparison["layers"] as? [[String: Any]])
            worst[bits] = layers.compactMap { $0["sqnr_db"] as? Double }.min()
            accuracy[bits] = (comparison["int8"] as? [String: Any])?["accuracy"] as? Double
            let evaluation = try Command.run("eval", file, "--data", "digits", "--samples", "300", "--json").json()
            #expect(evaluation["accuracy"] as? Double == accuracy[bits])
        }
        #expect(try #require(worst["16"]) > worst["8"]!)
        #expect(abs(try #require(accuracy["16"]) - accuracy["8"]!) < 0.05)
    }

    @Test func refusesWhatDoesNotGoTogether() throws {
        for arguments in [
            ["--activation-bits", "12"], ["--activation-bits", "16", "--weight-bits", "4"],
            ["--activation-bits", "16", "--adaround"], ["--activation-bits", "16", "--report", "r.html"],
        ] {
            let call = try Command.run(["quantize", "none.safetensors"] + arguments)
            #expect(call.status == 2, "\(arguments)")
            #expect(call.errors.contains("--activation-bits") || call.errors.contains("4 bits"), "\(call.errors)")
        }
    }
}
