// SPDX-License-Identifier: Apache-2.0
// nnq tune through the command line: what it writes, that it goes on, what it says where nothing fits.

import Foundation
import Testing

@Suite("search of methods and widths") struct TuneTests {
    private let folder: Scratch

    init() throws { folder = try Scratch() }

    private static let recipe = """
        name: small
        summary: three convolutions
        data: digits
        task: classification
        normalization: {mean: 128, std: 64}
        layers:
          - conv2d: {filters: 8, kernel: 3, stride: 2}
          - relu
          - conv2d: {filters: 16, kernel: 3, stride: 2}
          - relu
          - conv2d: {filters: 24, kernel: 3, stride: 2}
          - relu
          - global_average_pool
          - dense: classes
          - softmax
        training:
          epochs: 3
          batch_size: 32
          loss: cross_entropy
          optimizer: {kind: adam, learning_rate: 0.003}
        """

    /// Trained once for all tests; the bytes are those of its int8 model.
    private static let float = Result { () throws -> (Scratch, path: String, bytes: Int) in
        let folder = try Scratch()
        try Self.recipe.write(toFile: folder.path("small.yaml"), atomically: true, encoding: .utf8)
        let path = folder.path("m.safetensors")
        let call = try Command.run(
            "train", folder.path("small.yaml"), "--samples", "1000", "--threads", "1", "-o", path)
        #expect(call.status == 0, "\(call.errors)")
        let int8 = try Command.run(
            "quantize", path, "--calibrate", "digits", "--samples", "300", "-o", folder.path("m.nnq"), "--json"
        ).json()
        return (folder, path, try #require(int8["file_bytes"] as? Int))
    }

    private func tune(_ words: [String], interruptAfter: String? = nil) throws -> Call {
        let common = ["--data", "digits", "--samples", "300", "--threads", "1", "-o", folder.path("m.nnq")]
        return try Command.run(
            ["tune", try Self.float.get().path] + common + words, interruptAfter: interruptAfter)
    }

    /// The file is of the size that was limited, and a second search starts with what the first one knows.
    @Test func findsWhatFits() throws {
        let most = try Self.float.get().bytes * 3 / 4
        let limits = ["--flash", "\(most)", "--ram", "16K", "--max-drop", "5"]
        let call = try tune(limits)
        #expect(call.status == 0, "\(call.errors)")
        #expect(call.output.contains("chosen") && call.errors.contains("searching on 150 test samples"))
        let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path("m.nnq")))
        #expect(bytes.count <= most)
        #expect(try Command.run("verify", folder.path("m.nnq")).status == 0)
        #expect(folder.contents == ["m.nnq", "m.svg", "m.tune.json"])
        #expect(try String(contentsOfFile: folder.path("m.svg"), encoding: .utf8).hasPrefix("<svg xmlns"))
        let record = try Data(contentsOf: URL(fileURLWithPath: folder.path("m.tune.json")))
        let again = try tune(limits + ["--json"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("m.tune.json"))) == record)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("m.nnq"))) == bytes)
        let result = try again.json()
        let chosen = try #require(result["chosen"] as? [String: Any])
        let outcome = try #require(chosen["outcome"] as? [String: Any])
        let cost = try #require(outcome["cost"] as? [String: Any])
        #expect(cost["flash"] as? Int == bytes.count)
        #expect((result["tried"] as? [Any])?.count == 2)
    }

    @Test func trainsWhereThatIsNeeded() throws {
        let most = try Self.float.get().bytes
        let call = try tune(["--max-drop=-100", "--flash", "\(most)", "--epochs", "1", "--recipe", "lenet5"])
        #expect(call.status == 1)
        #expect(call.errors.contains("trained for 1 epoch:") && call.errors.contains("nothing is within the limits"))
        #expect(call.errors.contains("not -100.00"))
        #expect(!folder.contents.contains("m.nnq") && folder.contents.contains("m.svg"))
    }

    @Test func goesOnWhereItWasStopped() throws {
        let thorough = ["--max-drop=-100", "--epochs", "0"]
        let stopped = try tune(thorough, interruptAfter: "calibrator entropy:")
        try #require(stopped.status == 130, "\(stopped.errors)")
        #expect(stopped.errors.contains("The same call goes on"))
        let record = try String(contentsOfFile: folder.path("m.tune.json"), encoding: .utf8)
        let count = record.components(separatedBy: "\"seconds\"").count - 1
        #expect(count >= 3)
        let resumed = try tune(thorough)
        #expect(resumed.status == 1 && resumed.errors.contains("AdaRound"))
        let later = try String(contentsOfFile: folder.path("m.tune.json"), encoding: .utf8)
        #expect(later.components(separatedBy: "\"seconds\"").count - 1 > count)
    }

    @Test(arguments: [
        (["--ram", "x"], 2, "--ram"), (["--instructions", "1M"], 2, "--target"),
        (["--search-samples", "0"], 2, "at least 1"), (["--epochs=-1"], 2, "use 0"),
        (["--ram", "100"], 1, "no quantization of this network fits"),
    ])
    func mistakesAreSentences(words: [String], status: Int32, sentence: String) throws {
        let call = try tune(words)
        #expect(call.status == status && call.errors.contains(sentence), "\(call.status) \(call.errors)")
        #expect(!folder.contents.contains("m.nnq"))
    }
}
