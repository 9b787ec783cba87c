// SPDX-License-Identifier: Apache-2.0
// A project that runs a model on an emulated board: what a person starts from.

import NNQBase
import NNQFormat

/// The files of a firmware project for one model and board.
public struct FirmwareProject: Sendable {
    public let board: Board
    public let model: CompiledModel
    /// Texts by path within the project.
    public let files: [String: String]
    /// `inputs.bin`: what the firmware reads and runs the model on.
    public let inputs: [UInt8]

    /// - Parameter inputs: what the project runs the model on; by default the self-test's pattern.
    /// - Throws: `FormatError` where the program cannot be compiled.
    public init(_ file: ProgramFile, board: Board, name: String, inputs: [[Int8]]? = nil) throws {
        let model = try CompiledModel(file, target: board.core, name: name)
        let example = try ExampleRun(file, inputs: inputs)
        let main = FirmwareMain(model)
        var files = [
            "\(name).c": model.source, "\(name).h": model.header, "main.c": main.text,
            "Makefile": FirmwareMakefile(model, board).text,
            "README.md": FirmwareReadme(model, board, printed: main.printed(example)).text,
        ]
        for path in board.files { files["board/\(path)"] = embeddedText["Boards/\(path)"] }
        (self.board, self.model, self.files) = (board, model, files)
        self.inputs = example.inputs.flatMap { $0.map { UInt8(bitPattern: $0) } }
    }

    /// Writes the project to a folder, which is made where there is none; returns the paths.
    /// - Throws: `FileError`.
    public func write(to folder: String) throws -> [String] {
        let base = folder.hasSuffix("/") ? folder : folder + "/"
        let contents = files.mapValues { Array($0.utf8) }.merging(["inputs.bin": inputs]) { $1 }
        let paths = contents.keys.sorted()
        for path in paths {
            let inner = path.split(separator: "/").dropLast().joined(separator: "/")
            try WholeFile.makeFolder(base + inner)
            try WholeFile.write(contents[path]!, to: base + path)
        }
        return paths.map { base + $0 }
    }
}

extension Board {
    /// The board that QEMU calls so. Where it runs code of several cores, `core` says which; without, its own.
    /// - Throws: `TargetError` with the list of boards.
    public init(machine: String, core: TargetCore? = nil) throws {
        let matches = Board.all.filter { $0.machine == machine && (core == nil || $0.core == core) }
        // An older core's code comes before that of the board's own.
        guard let board = matches.last else {
            let known = Board.all.map { "\($0.machine) (\($0.core.rawValue))" }.joined(separator: ", ")
            throw TargetError("there is no board '\(machine)'\(core.map { " with \($0.rawValue)" } ?? ""); boards are \(known)")
        }
        self = board
    }

    /// What a project needs of the folder Boards.
    fileprivate var files: [String] {
        sources + ["board.h", "libc/string.h", "sections.ld", linkerScript]
    }
}
