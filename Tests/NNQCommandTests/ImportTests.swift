// SPDX-License-Identifier: Apache-2.0
// nnq import and nnq export, as a person calls them, on models that others made.

import Foundation
import Testing

/// Where reference models of others are, and whether they are there.
enum ReferenceModels {
    static let folder =
        ProcessInfo.processInfo.environment["NNQ_MODELS"]
        ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../shared/models")
        .standardizedFileURL.path

    static let areThere = FileManager.default.fileExists(atPath: "\(folder)/mlperf-tiny")

    static func tiny(_ path: String) -> String {
        let parts = path.split(separator: "/")
        return "\(folder)/mlperf-tiny/\(parts[0])/trained_models/\(parts[1])"
    }
}

@Suite(.enabled(if: ReferenceModels.areThere, "the reference models are absent: set NNQ_MODELS"))
struct ImportTests {
    let folder: Scratch

    init() throws { folder = try Scratch() }

    /// The test pattern through MLPerf Tiny's int8 models: the outputs and the hashes of each layer are TensorFlow Lite
    /// Micro's.
    @Test(arguments: [
        (
            "image_classification/pretrainedResnet_quant.tflite", "b48f4f6d",
            """
            a9c5c772 1d42820a 6a37af56 ca718605 1b3fca48 97f8735b 5020b428 415941e7 6ba4a7fe d8d7c6bf 9ecacb9f \
            1f1ea438 7b4c7aa2 7b4c7aa2 c1d8fa84 b48f4f6d
            """
        ),
        (
            "keyword_spotting/kws_ref_model.tflite", "ccc32d71",
            """
            a57a32ae f292437f 3e12a303 88829d4a d9c8f57b 35b23b2b 668e8353 d9e530dc e0ceb5ab 85226bb1 85226bb1 \
            5d2d2419 ccc32d71
            """
        ),
        (
            "visual_wake_words/vww_96_int8.tflite", "3a5f7f09",
            """
            cf1aa2e7 ccdf0622 0b27d80e 51eee8d1 6fc1acbb f68e8cad 3d905327 d4a0b251 f2e61cd0 6d12fe8a 39664ca8 \
            977f4a20 392be052 506bc014 921e8be7 d78f7c33 9e35374b d4b64fc2 a2cbb55b bb4c4eb1 e8319125 d279bbab \
            23d13b00 7964f729 a860c19f d12bf25c c2898570 9edf121a 9edf121a 76435b69 3a5f7f09
            """
        ),
        (
            "anomaly_detection/ad01_int8.tflite", "7cbfc427",
            "baab669f 238d199f b4c40f20 254736cb 3173bab0 cc5a7663 8898d39b 52d371ca 1026e76f 7cbfc427"
        ),
    ])
    func int8ModelsKeepTheirBits(model: String, output: String, layers: String) throws {
        let file = folder.path("m.nnq")
        let call = try Command.run(
            "import", ReferenceModels.tiny(model), "-o", file, "--without", "all", "--names", "all")
        #expect(call.status == 0, "\(call.errors)")
        let plain = try Command.run("run", file, "--pattern", "--layers", "--json").json()
        let hashes = (plain["layers"] as? [[String: Any]])?.compactMap { $0["output_fnv1a"] as? String }
        #expect(hashes == layers.split(separator: " ").map(String.init))
        // And after every rewrite, whatever layers are left, the output is the same.
        #expect(try Command.run("import", ReferenceModels.tiny(model), "-o", file).status == 0)
        #expect(try Command.run("verify", file).status == 0)
        let rewritten = try Command.run("run", file, "--pattern", "--json").json()
        #expect(rewritten["output_fnv1a"] as? String == output)
    }

    /// Files hold weights, biases, requantization records and little else.
    @Test(arguments: [
        ("image_classification/pretrainedResnet_quant.tflite", 0.05), ("keyword_spotting/kws_ref_model.tflite", 0.12),
    ])
    func filesCarryNoFat(model: String, share: Double) throws {
        let call = try Command.run("import", ReferenceModels.tiny(model), "-o", folder.path("m.nnq"), "--json").json()
        let constants = try #require(call["weight_and_bias_bytes"] as? Int)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path("m.nnq"))).count
        #expect(bytes > constants && Double(bytes) <= Double(constants) * (1 + share))
        #expect(call["file_bytes"] as? Int == bytes)
    }

    /// Half of the person detector's work is on channels that never matter.
    @Test func deadChannelsGo() throws {
        let model = ReferenceModels.tiny("visual_wake_words/vww_96_int8.tflite")
        let whole = try Command.run("import", model, "-o", folder.path("w.nnq"), "--without", "all", "--json").json()
        let call = try Command.run("import", model, "-o", folder.path("m.nnq"), "--json").json()
        #expect(whole["macs"] as? Int == 7_489_664)
        // The dense layer's 512 on top of the convolutions'.
        #expect(try #require(call["macs"] as? Int) <= 3_733_029 + 512)
    }

    @Test func floatModelsBecomeLayers() throws {
        let model = ReferenceModels.tiny("image_classification/pretrainedResnet.tflite")
        let call = try Command.run("import", model, "-o", folder.path("r8.safetensors"), "--json")
        #expect(try call.json()["kind"] as? String == "float")
        let wrong = try Command.run("import", model, "-o", folder.path("r8.nnq"))
        #expect(wrong.status == 1 && wrong.errors.contains("nnq quantize"), "\(wrong.errors)")
        #expect(try Command.run("export", folder.path("r8.safetensors")).status == 0)
        #expect(try Command.run("import", folder.path("r8.onnx"), "-o", folder.path("again.safetensors")).status == 0)
        let values = (0..<3072).map { String($0 % 251) }.joined(separator: ",")
        try values.write(toFile: folder.path("in.csv"), atomically: true, encoding: .utf8)
        let outputs = try ["r8", "again"].map { name in
            try Command.run("run", folder.path("\(name).safetensors"), folder.path("in.csv"), "--json").json()["output"]
                as? [Double]
        }
        let (first, second) = (try #require(outputs[0]), try #require(outputs[1]))
        #expect(first.count == 10 && zip(first, second).allSatisfy { abs($0 - $1) < 1e-4 })
    }

    @Test func whatCannotBeImportedIsSaidInASentence() throws {
        let model = try Data(
            contentsOf: URL(fileURLWithPath: ReferenceModels.tiny("keyword_spotting/kws_ref_model.tflite")))
        for (name, bytes) in [
            ("eight.tflite", model.prefix(8)), ("half.tflite", model.prefix(model.count / 2)),
            ("empty.onnx", Data()), ("eight.onnx", model.prefix(8)), ("text.onnx", Data("no model".utf8)),
        ] {
            try bytes.write(to: URL(fileURLWithPath: folder.path(name)))
            let call = try Command.run("import", folder.path(name))
            #expect(call.status == 1, "\(name)")
            #expect(call.errors.hasPrefix("nnq: \(folder.path(name)) cannot be imported: "), "\(call.errors)")
            #expect(call.errors.split(separator: "\n").count == 1, "\(call.errors)")
            try FileManager.default.removeItem(atPath: folder.path(name))
        }
        #expect(folder.contents.isEmpty)
        let other = try Command.run("import", "/etc/hostname")
        #expect(other.status == 1 && other.errors.contains("neither .tflite nor .onnx"), "\(other.errors)")
    }
}
