// SPDX-License-Identifier: Apache-2.0
// nnq quantize --report, through the command line.

import Foundation
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite("report of a quantization")
struct ReportTests {
    private let folder: Scratch
    private let float: String

    init() throws {
        folder = try Scratch()
        float = folder.path("float.safetensors")
        let call = try Command.run(
            "train", "lenet5", "--data", "digits", "--samples", "2000", "--epochs", "4", "--threads", "1", "-o", float)
        #expect(call.status == 0, "\(call.errors)")
    }

    @Test func saysWhatTheOtherVerbsSay() throws {
        let (file, page) = (folder.path("m.nnq"), folder.path("m.html"))
        let call = try Command.run(
            "quantize", float, "--calibrate", "digits", "-o", file, "--report", page, "--test-samples", "600", "--json")
        #expect(call.status == 0, "\(call.errors)")
        let figures = try #require(try call.json()["figures"] as? [String: Any])
        let answers = try #require(figures["answers"] as? [String: Any])
        let compared = try Command.run("compare", float, file, "--data", "digits", "--samples", "600", "--json").json()
        for side in ["float", "int8"] {
            let score = try #require(compared[side] as? [String: Any])
            #expect(answers[side] as? Double == score["accuracy"] as? Double)
        }
        let agreement = try #require(answers["agreement"] as? [String: Int])
        // Reading a decimal number may miss the last bit.
        #expect(abs(Double(agreement["hits"]!) / 600 - (try #require(compared["agreement"] as? Double))) < 1e-15)
        let evaluated = try Command.run("eval", file, "--data", "digits", "--samples", "600", "--json").json()
        #expect(answers["int8_confusion"] as? [[Int]] == evaluated["confusion"] as? [[Int]])
        let memory = try #require(figures["memory"] as? [String: Any])
        #expect(memory["arena_bytes"] as? Int == 5880)
        #expect(memory["file_bytes"] as? Int == (try Data(contentsOf: URL(fileURLWithPath: file)).count))
        // A share below 0.001 % is among the layers: words, no signs of markup.
        #expect(XMLParser(data: try Data(contentsOf: URL(fileURLWithPath: page))).parse())
    }

    @Test func tellsItsEssence() throws {
        let page = folder.path("m.html")
        let call = try Command.run(
            "quantize", float, "--calibrate", "digits", "-o", folder.path("m.nnq"), "--report", page, "--data",
            "digits",
            "--test-samples", "100", "--layer-samples", "20")
        #expect(call.status == 0, "\(call.errors)")
        for words in [
            "accuracy", "95 % interval", "noise share", "of 100 samples of digits", "- RAM is 5,880 bytes", page,
        ] {
            #expect(call.output.contains(words), "\(words) in \(call.output)")
        }
    }

    /// A model that was trained for int8 has its scales, but still needs data to be reported on.
    @Test func reportsOnTrainedModels() throws {
        let trained = folder.path("qat.safetensors")
        _ = try Command.run(
            "train", "lenet5", "--from", float, "--qat", "--data", "digits", "--samples", "1000", "--epochs", "1",
            "--threads", "1", "-o", trained)
        let without = try Command.run(
            "quantize", trained, "-o", folder.path("q.nnq"), "--report", folder.path("q.html"))
        #expect(without.status == 2 && without.errors.contains("name a data set with --data"), "\(without.errors)")
        let with = try Command.run(
            "quantize", trained, "-o", folder.path("q.nnq"), "--report", folder.path("q.html"), "--data", "digits",
            "--test-samples", "200", "--layer-samples", "50", "--json")
        #expect(with.status == 0, "\(with.errors)")
        // A share below 0.001 % is among the layers: words, no signs of markup.
        #expect(XMLParser(data: try Data(contentsOf: URL(fileURLWithPath: folder.path("q.html")))).parse())
    }

    @Test func mistakesAreNamed() throws {
        let lonely = try Command.run("quantize", float, "--calibrate", "digits", "--test-samples", "5")
        #expect(lonely.status == 2 && lonely.errors.contains("add --report FILE.html"), "\(lonely.errors)")
        let none = try Command.run(
            "quantize", float, "--calibrate", "digits", "--report", folder.path("a.html"), "--test-samples", "0")
        #expect(none.status == 2 && none.errors.contains("at least 1 is needed"), "\(none.errors)")
        let nowhere = try Command.run(
            "quantize", float, "--calibrate", "digits", "-o", folder.path("m.nnq"), "--report",
            folder.path("no/such/folder/a.html"))
        #expect(nowhere.status == 1 && nowhere.errors.contains("a.html"), "\(nowhere.errors)")
        #expect(!folder.contents.contains("m.nnq"))
        let other = try Command.run(
            "quantize", float, "--calibrate", "digits", "-o", folder.path("m.nnq"), "--report", folder.path("a.html"),
            "--data", "xor")
        #expect(other.status == 1 && !folder.contents.contains("a.html"), "\(other.errors)")
    }
}
