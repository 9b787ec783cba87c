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
            let chosen = try #require(options["activationBits"] as? [String: Any])
            #expect(chosen["all"] as? Int == Int(bits))
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

    /// Training, then one layer on int16: reported by quantize and inspect, and every reader of the file takes it.
    @Test func mixesWidths() throws {
        let folder = try Scratch()
        let (model, file) = (folder.path("m.safetensors"), folder.path("m.nnq"))
        let train = try Command.run(
            "train", "digits-mlp", "--samples", "1000", "--epochs", "2", "--seed", "7", "-o", model)
        try #require(train.status == 0, "\(train.errors)")
        let calibrate = ["quantize", model, "--calibrate", "digits", "--samples", "200", "-o", file]
        let quantize = try Command.run(calibrate + ["--layer-activation-bits", "dense_2=16"])
        try #require(quantize.status == 0, "\(quantize.errors)")
        #expect(quantize.errors.contains("activations of 16 bits in dense_2; of 8 in other layers"))
        let page = folder.path("m.html")
        let json = try Command.run(
            calibrate + ["--layer-activation-bits", "dense_2=16", "--report", page, "--test-samples", "100", "--json"]
        ).json()
        let figures = try #require((json["figures"] as? [String: Any])?["layers"] as? [[String: Any]])
        #expect(figures.map { $0["bits"] as? Int } == [8, 8, 16, 8])
        let text = try String(contentsOfFile: page, encoding: .utf8)
        #expect(text.contains("int8 here has activations of 16 bits in dense_2; of 8 in other layers"))
        #expect(text.contains("of 65,536 steps used"))
        #expect((json["report"] as? [String: Any])?["wideLayers"] as? [String] == ["dense_2"])

        let listing = try Command.run("inspect", file, "--json").json()
        let ops = try #require(listing["ops"] as? [[String: Any]])
        let wide = ops.filter { $0["type"] as? String == "int16" }.compactMap { $0["name"] as? String }
        #expect(wide.count == 2 && wide.last == "dense_2" && wide.first?.hasSuffix(".int16") == true)
        #expect(try Command.run("inspect", file).output.contains("int16"))

        let compare = try Command.run("compare", model, file, "--data", "digits", "--samples", "300", "--json")
        let comparison = try compare.json()
        let layers = try #require(comparison["layers"] as? [[String: Any]])
        #expect(layers.contains { $0["name"] as? String == "dense_2" })
        let evaluation = try Command.run("eval", file, "--data", "digits", "--samples", "300", "--json").json()
        #expect(evaluation["accuracy"] as? Double == (comparison["int8"] as? [String: Any])?["accuracy"] as? Double)

        let wrong = try Command.run(calibrate + ["--layer-activation-bits", "dense_9=16"])
        #expect(wrong.status == 1 && wrong.errors.contains("'dense_9' is no layer"))
        #expect(wrong.errors.contains("these are: ") && wrong.errors.contains("dense_2"))
    }

    @Test func refusesWhatDoesNotGoTogether() throws {
        for arguments in [
            ["--activation-bits", "12"], ["--activation-bits", "16", "--weight-bits", "4"],
            ["--layer-activation-bits", "dense_1=4"], ["--layer-activation-bits", "dense_1"],
        ] {
            let call = try Command.run(["quantize", "none.safetensors"] + arguments)
            #expect(call.status == 2, "\(arguments)")
            #expect(call.errors.contains("activation-bits") || call.errors.contains("4 bits"), "\(call.errors)")
        }
    }
}
