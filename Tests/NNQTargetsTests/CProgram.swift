// SPDX-License-Identifier: Apache-2.0
// Compiles C with the machine's compilers, and runs it.

import Foundation

/// A folder with C files. It goes when its owner does, which calls of this class's methods keep.
final class CProgram {
    /// The runtime's own warnings.
    static let warnings = [
        "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wvla", "-Werror",
    ]

    let folder: URL
    private(set) var sources: [String] = []

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("nnq-c-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { if getenv("NNQ_KEEP") == nil { try? FileManager.default.removeItem(at: folder) } }

    /// Writes a file; .c files are part of the program.
    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        if name.hasSuffix(".c"), !sources.contains(name) { sources.append(name) }
    }

    /// What a compiler says, nothing where it is content.
    func compile(_ compiler: String, _ flags: [String]) throws -> String {
        let (status, output) = try call([compiler] + Self.warnings + flags + sources + ["-o", "program"])
        return status == 0 ? "" : "\(compiler) \(flags): \(output.prefix(4000))"
    }

    /// The exit status of the program, and what it printed.
    func run() throws -> (status: Int32, output: String) {
        try call([folder.appendingPathComponent("program").path])
    }

    /// Calls a program in the folder; returns its exit status and all that it printed.
    func call(_ words: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.currentDirectoryURL = folder
        // A file takes any amount of output without anybody reading meanwhile.
        let log = folder.appendingPathComponent("log-\(UUID().uuidString)")
        try Data().write(to: log)
        let handle = try FileHandle(forWritingTo: log)
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        return (process.terminationStatus, try String(contentsOf: log, encoding: .utf8))
    }
}
