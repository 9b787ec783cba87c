// SPDX-License-Identifier: Apache-2.0
// Compiles and links a program for a board.

import Foundation
import NNQFormat

/// A build in a temporary folder, where the runtime is in `CRuntime` and the board's files are in `Boards`.
package struct FirmwareBuild: Sendable {
    package struct Source: Sendable {
        /// In the folder; .c or .S.
        let path: String
        let flags: [String]

        package init(path: String, flags: [String] = []) {
            self.path = path
            self.flags = flags
        }

        var object: String { path.replacingOccurrences(of: "/", with: "_") + ".o" }
    }

    struct Size {
        let text, data, bss: Int
    }

    static let flags = [
        "-std=c99", "-ffreestanding", "-ffunction-sections", "-fdata-sections", "-ICRuntime/include", "-IBoards",
        "-IBoards/libc",
    ]

    package let board: Board
    package let folder: BuildFolder
    /// The optimization of kernels, and of all that runs once an op or once a file.
    let kernelLevel: String
    let otherLevel = "-Os"

    /// - Throws: `TargetError` where the compiler is not installed.
    package init(_ board: Board, goal: PackingGoal = .speed) throws {
        self.board = board
        kernelLevel = goal == .speed ? "-O2" : otherLevel
        _ = try board.compiler.path()
        folder = try BuildFolder()
        try folder.writeEmbedded(under: "CRuntime/")
        try folder.writeEmbedded(under: "Boards/")
    }

    /// Compiles each source, as many at once as there are processors; returns the objects.
    package func compile(_ sources: [Source]) throws -> [String] {
        let failure = Failure()
        DispatchQueue.concurrentPerform(iterations: sources.count) { index in
            let source = sources[index]
            do {
                try board.compiler.run(
                    board.flags + Self.flags + source.flags + ["-c", source.path, "-o", source.object], in: folder.path)
            } catch { failure.note(error) }
        }
        if let error = failure.first { throw error }
        return sources.map(\.object)
    }

    /// - Throws: `TargetError`, also where flash or RAM of the board is too small.
    package func link(_ objects: [String], to program: String, _ flags: [String] = []) throws {
        let arguments = board.linkFlags(folder: "Boards") + flags + objects + ["-lgcc", "-o", program]
        let outcome = try board.compiler.call(arguments, in: folder.path)
        guard outcome.status != 0 else { return }
        for memory in ["flash", "ram"] {
            guard let overflow = outcome.output.number(after: "region `\(memory)' overflowed by ") else { continue }
            throw TargetError(
                "the model does not fit \(board.machine): its \(memory == "ram" ? "RAM" : memory) is "
                    + "\(overflow) bytes too small")
        }
        throw TargetError("\(board.compiler.name) cannot link the program:\n\(outcome.output)")
    }

    func size(of program: String) throws -> Size {
        let output = try board.compiler.sibling("size").run([program], in: folder.path)
        let numbers = output.split(separator: "\n").last?.split { $0 == " " || $0 == "\t" }.prefix(3).compactMap {
            Int($0)
        }
        guard let numbers, numbers.count == 3 else { throw TargetError("size says: \(output)") }
        return Size(text: numbers[0], data: numbers[1], bss: numbers[2])
    }

    /// Addresses by name.
    func symbols(of program: String) throws -> [(name: String, address: UInt64)] {
        try board.compiler.sibling("nm").run([program], in: folder.path).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 3, let address = UInt64(words[0], radix: 16) else { return nil }
            return (String(words[2]), address)
        }
    }
}

/// The first error of several threads.
private final class Failure: @unchecked Sendable {
    // Sendable: every access holds the lock.
    private let lock = NSLock()
    private var error: (any Error)?

    func note(_ error: any Error) { lock.withLock { self.error = self.error ?? error } }

    var first: (any Error)? { lock.withLock { error } }
}

extension String {
    /// The decimal number that follows a text.
    fileprivate func number(after text: String) -> Int? {
        guard let range = range(of: text) else { return nil }
        return Int(self[range.upperBound...].prefix { $0.isNumber })
    }
}
