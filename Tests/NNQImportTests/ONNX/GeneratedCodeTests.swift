// SPDX-License-Identifier: Apache-2.0
// The generated Swift for ONNX's messages is what the committed .proto and the named tools gave.

import Foundation
import Testing

@Suite struct GeneratedCodeTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources/ONNXProto")

    @Test func isFresh() throws {
        let versions = try String(contentsOf: Self.folder.appending(path: "VERSIONS"), encoding: .utf8)
        let sums = Process()
        let output = Pipe()
        sums.executableURL = URL(filePath: "/usr/bin/env")
        sums.arguments = ["sha256sum", "onnx.proto", "onnx.pb.swift"]
        sums.currentDirectoryURL = Self.folder
        sums.standardOutput = output
        try sums.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        sums.waitUntilExit()
        let lines = text.split(separator: "\n")
        #expect(lines.count == 2)
        for line in lines {
            #expect(versions.contains(line), "changed by hand, or stale: run Sources/ONNXProto/regenerate")
        }
        #expect(versions.contains("protoc-gen-swift: 1.39.0"))
    }
}
