// SPDX-License-Identifier: Apache-2.0
// nnq tune through the command line: what it writes, that it goes on, what it says where nothing fits.

import Foundation
import Testing

@Suite("search of methods and widths") struct TuneTests {
    private let folder: Scratch
    private let float: String

    init() throws {
        folder = try Scratch()
        float = folder.path("m.safetensors")
        let call = try Command.run(
            "train", "lenet5", "--data", "digits", "--samples", "1500", "--epochs", "3", "--threads", "1", "-o", float)
        #expect(call.status == 0, "\(call.errors)")
    }

    private func tune(_ words: [String], interruptAfter: String? = nil) throws -> Call {
        try Command.run(
            ["tune", float, "--data", "digits", "--samples", "600", "--threads", "1", "-o", folder.path("m.nnq")] + words,
            interruptAfter: interruptAfter)
    }

    /// The file is of the size that was limited, and a second search starts with what the first one knows.
    @Test func findsWhatFits() throws {
        let limits = ["--flash", "40K", "--ram", "16K", "--max-drop", "5"]
        let call = try tune(limits)
        #expect(call.status == 0, "\(call.errors)")
        #expect(call.output.contains("chosen") && call.errors.contains("searching on 300 test samples"))
        let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path("m.nnq")))
        #expect(bytes.count <= 40 * 1024)
        #expect(try Command.run("verify", folder.path("m.nnq")).status == 0)
        #expect(folder.contents == ["m.nnq", "m.safetensors", "m.svg", "m.tune.json"])
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
        let call = try tune(["--max-drop=-100", "--flash", "40K", "--epochs", "1"])
        #expect(call.status == 1)
        #expect(call.errors.contains("trained for 1 epoch:") && call.errors.contains("nothing is within the limits"))
        #expect(call.errors.contains("not -100.00"))
        #expect(!folder.contents.contains("m.nnq") && folder.contents.contains("m.svg"))
    }

    @Test func goesOnWhereItWasStopped() throws {
        let thorough = ["--max-drop=-100", "--epochs", "0"]
        let stopped = try tune(thorough, interruptAfter: "calibrator mse:")
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
        (["--search-samples", "0"], 2, "at least 1"), (["--epochs=-1"], 2, "use 0"), (["--ram", "1K"], 1, "no quantization of this network fits"),
    ])
    func mistakesAreSentences(words: [String], status: Int32, sentence: String) throws {
        let call = try tune(words)
        #expect(call.status == status && call.errors.contains(sentence), "\(call.status) \(call.errors)")
        #expect(!folder.contents.contains("m.nnq"))
    }
}
