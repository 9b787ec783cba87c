// SPDX-License-Identifier: Apache-2.0
// The emulated boards of Boards/boards.txt.

import NNQFormat

/// An emulated board with a core, and the tools that build and run programs for it.
public struct Board: Sendable {
    public let core: TargetCore
    /// As QEMU calls it.
    public let machine: String
    public let emulator: Tool
    public let compiler: Tool
    /// What clang calls the target.
    public let clangTarget: String
    /// Files of the folder Boards.
    public let linkerScript: String
    public let startup: String
    /// Of either compiler.
    public let flags: [String]

    public static let all: [Board] = embeddedText["Boards/boards.txt"]!.split(separator: "\n").compactMap { line in
        line.hasPrefix("#") ? nil : Board(line)
    }

    /// The board with this core; there is one for every core but `portable`.
    public init?(_ core: TargetCore) {
        guard let board = Board.all.first(where: { $0.core == core }) else { return nil }
        self = board
    }

    private init?(_ line: Substring) {
        let columns = line.split(separator: "|").map { $0.trimmed }
        guard columns.count == 10, let core = TargetCore(rawValue: columns[0]) else { return nil }
        self.core = core
        machine = columns[1]
        emulator = Tool(columns[2], package: columns[3])
        compiler = Tool(columns[4], package: columns[5])
        clangTarget = columns[6]
        linkerScript = columns[7]
        startup = columns[8]
        flags = columns[9].split(separator: " ").map(String.init)
    }

    /// Sources that every program for the board links, in the folder Boards.
    public var sources: [String] { ["board.c", "memory.c", startup] }

    /// The options of the linker, but for its inputs and outputs. `folder` holds what is in Boards.
    public func linkFlags(folder: String) -> [String] {
        flags + [
            "-nostartfiles", "-nostdlib", "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments", "-Wl,--no-warn-execstack",
            "-L\(folder)", "-T", linkerScript,
        ]
    }

    /// The emulator's options, but for what it runs.
    public var emulatorFlags: [String] {
        ["-M", machine] + (core == .rv32imac ? ["-bios", "none", "-m", "16M"] : [])
            + ["-nographic", "-monitor", "none", "-serial", "null", "-semihosting-config", "enable=on,target=native"]
    }
}

extension Substring {
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
