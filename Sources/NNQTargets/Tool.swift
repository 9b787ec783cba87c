// SPDX-License-Identifier: Apache-2.0
// Other programs that are called: compilers, emulators.

import Foundation

/// A failure of what is called or built, as a sentence.
public struct TargetError: Error, LocalizedError, CustomStringConvertible, Equatable {
    public let description: String

    public init(_ description: String) { self.description = description }

    public var errorDescription: String? { description }
}

/// A program of the machine, and the Debian package that it comes with.
public struct Tool: Hashable, Sendable {
    public let name: String
    public let package: String

    public init(_ name: String, package: String) {
        self.name = name
        self.package = package
    }

    /// Of the same package: `arm-none-eabi-gcc` has `arm-none-eabi-nm` beside it.
    func sibling(_ name: String) -> Tool {
        Tool(self.name.replacingOccurrences(of: "gcc", with: name), package: package)
    }

    /// Where it is.
    /// - Throws: `TargetError` that names the package, where it is not installed.
    public func path() throws -> String {
        if name.contains("/") { return name }
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") {
            return "\(folder)/\(name)"
        }
        throw TargetError("\(name) is missing: install the package \(package)")
    }

    /// What a call wrote to stdout and stderr, and how it ended.
    public struct Outcome: Sendable {
        public let status: Int32
        public let output: String
    }

    /// Calls it and waits; stdin is empty.
    /// - Parameter seconds: after this time it is ended, which is an error.
    public func call(_ arguments: [String], in folder: String, seconds: Double = 600) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try path())
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let limit = DispatchWorkItem { process.terminate() }
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds, execute: limit)
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        limit.cancel()
        if process.terminationReason == .uncaughtSignal {
            throw TargetError("\(name) was ended by signal \(process.terminationStatus), after at most \(Int(seconds)) s")
        }
        return Outcome(status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
    }

    /// Calls it; an exit code other than 0 is an error with what it wrote.
    @discardableResult
    public func run(_ arguments: [String], in folder: String) throws -> String {
        let outcome = try call(arguments, in: folder)
        guard outcome.status == 0 else { throw TargetError("\(name) fails:\n\(outcome.output)") }
        return outcome.output
    }
}
