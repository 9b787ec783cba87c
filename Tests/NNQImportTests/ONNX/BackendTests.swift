// SPDX-License-Identifier: Apache-2.0
// ONNX's own tests of its operators: every one passes, or a rule about its model says why it cannot.

import Foundation
import NNQGraph
import NNQImport
import ONNXProto
import Testing

@Suite struct BackendTests {
    static let archive = SharedModels.folder.appending(path: "onnx-backend-tests/onnx_backend_tests.tar.xz")

    /// How many cases pass; a smaller number is a loss, and a larger one belongs into the file.
    private static var accepted: Int {
        get throws {
            let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "accepted_cases.txt")
            let text = try String(contentsOf: file, encoding: .utf8)
            return try #require(Int(text.split(separator: "\n").last ?? ""))
        }
    }

    @Test(
        "ONNX's backend tests",
        .enabled(if: FileManager.default.fileExists(atPath: archive.path), "\(SharedModels.absence)"))
    func backendTests() throws {
        let folder = try SharedModels.unpacked(Self.archive)
        defer { try? FileManager.default.removeItem(at: folder) }
        let models = try #require(FileManager.default.enumerator(atPath: folder.path))
            .compactMap { $0 as? String }.filter { $0.hasSuffix("/model.onnx") }.sorted()
        var passed = (asTheyAre: 0, withConstants: 0)
        var left: [String: [String]] = [:]
        for path in models {
            let test = try BackendCase(folder.appending(path: path).deletingLastPathComponent())
            switch test.run() {
            case .passed(let boundInputs):
                if boundInputs { passed.withConstants += 1 } else { passed.asTheyAre += 1 }
                if !boundInputs, !test.isQuantized { try roundTrip(test) }
            case .wrong(let problem): Issue.record("\(test.name): \(problem)")
            case .refused(let sentence):
                if let reason = LeftOut.reason(test.model) {
                    left[reason, default: []].append(test.name)
                } else {
                    Issue.record("\(test.name): \(sentence)")
                }
            }
        }
        let count = passed.asTheyAre + passed.withConstants
        print(
            "ONNX backend tests: \(count) of \(models.count) pass, \(passed.withConstants) of them with inputs after"
        )
        print("the first as constants. Left out:")
        for (reason, names) in left.sorted(by: { $0.key < $1.key }) { print("  \(names.count) \(reason)") }
        #expect(try count == Self.accepted, "write the new count into accepted_cases.txt if it is larger")
    }

    /// What was imported is exported, and imported again gives the same outputs.
    private func roundTrip(_ test: BackendCase) throws {
        let model = try ONNXImporter.readFloat(bytes: test.bytes).model
        let again = try ONNXImporter.readFloat(bytes: ONNXExporter.encode(model))
        let difference = try ONNXRun.difference(model, exported: again, seed: 1)
        #expect(difference < 1e-4, "\(test.name) exported and imported again differs by \(difference)")
    }
}
