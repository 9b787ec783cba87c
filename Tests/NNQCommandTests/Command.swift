// SPDX-License-Identifier: Apache-2.0
// Runs the built command as a person would, and keeps what it said.

import Foundation

/// One finished call of `nnq`.
struct Call {
    let status: Int32
    let output: String
    let errors: String

    /// The one JSON object on stdout.
    func json() throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
        guard let dictionary = object as? [String: Any] else { throw CocoaError(.coderReadCorrupt) }
        return dictionary
    }
}

/// The `nnq` that was built beside the tests.
enum Command {
    static let path = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(
        "nnq"
    ).path

    /// Runs `nnq` with these arguments; Ctrl-C is sent once stderr holds `interruptAfter`.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], in workingFolder: URL? = nil,
        interruptAfter words: String? = nil
    ) throws -> Call {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        if let workingFolder { process.currentDirectoryURL = workingFolder }
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let folder = try Scratch()
        let outputPath = folder.path("out")
        let errorPath = folder.path("err")
        for path in [outputPath, errorPath] { try Data().write(to: URL(fileURLWithPath: path)) }
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errorPath))
        try process.run()
        if let words {
            func said() -> String { (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? "" }
            while process.isRunning, !said().contains(words) { usleep(20_000) }
            process.interrupt()
        }
        process.waitUntilExit()
        return Call(
            status: process.terminationStatus, output: try String(contentsOfFile: outputPath, encoding: .utf8),
            errors: try String(contentsOfFile: errorPath, encoding: .utf8))
    }

    static func run(_ arguments: String...) throws -> Call { try run(arguments) }
}

/// A folder that goes when its owner does.
final class Scratch: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("nnq-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    var contents: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted() }
}
