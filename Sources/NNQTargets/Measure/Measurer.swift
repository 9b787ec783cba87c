// SPDX-License-Identifier: Apache-2.0
// Builds a model for a board, runs it there under the counting plugin, and adds up.

import NNQFormat
import NNQRuntime

/// Measures models on the emulated boards.
public struct Measurer {
    public let board: Board
    public let mode: ExecutionMode
    /// Whether ops are packed for the core first, where the file is not.
    public let packs: Bool
    /// What packing for the interpreter is to save, and how kernels are compiled: -O2 for speed, -Os for size. Compiled
    /// models are packed for speed.
    public let goal: PackingGoal

    /// - Throws: `TargetError` for a target without a board.
    public init(_ core: TargetCore, mode: ExecutionMode = .interpreter, packs: Bool = true, goal: PackingGoal = .speed)
        throws
    {
        guard let board = Board(core) else {
            let known = Board.all.map(\.core.rawValue).joined(separator: ", ")
            throw TargetError("there is no emulated board for '\(core.rawValue)'; targets are \(known)")
        }
        self.board = board
        self.mode = mode
        self.packs = packs
        self.goal = goal
    }

    /// - Parameter inputs: the bytes of each input but states; by default byte i of each is (31 i + 7) mod 256 - 128.
    /// - Throws: `TargetError` where a tool is missing, the model does not fit the board, or the core computes other bytes
    ///   than this machine; `FormatError`.
    public func measure(_ file: ProgramFile, inputs: [[Int8]]? = nil) throws -> DeviceCost {
        let inputs = inputs ?? file.program.patternInputs
        let build = try FirmwareBuild(board, goal: mode == .compiled ? .speed : goal)
        try build.folder.write(inputs.joined().map { UInt8(bitPattern: $0) }, to: "inputs.bin")
        let program =
            switch mode {
            case .interpreter:
                try MeasuredProgram.interpreted(packs ? file.packed(for: board.core, goal: goal) : file, build)
            case .compiled: try MeasuredProgram.compiled(file, build, packs: packs)
            }
        let run = try CountedRun(MeasuredProgram.name, of: build, isMark: MeasuredProgram.isMark)
        try check(run, against: try file.outputs(inputs))
        return try program.measurement(of: run, self)
    }

    /// What the core printed against what this machine computes.
    private func check(_ run: CountedRun, against expected: [[Int8]]) throws {
        let printed = run.lines.filter { $0.hasPrefix("output ") }.map { String($0.dropFirst(7)) }
        guard printed.count == expected.count else {
            throw TargetError("the program fails on \(board.machine): \(run.lines.joined(separator: "; "))")
        }
        for (index, (text, bytes)) in zip(printed, expected).enumerated() where text != bytes.hexadecimal {
            throw TargetError(
                "output \(index) on \(board.core.rawValue) is not this machine's: \(text.prefix(64)) instead of "
                    + "\(bytes.hexadecimal.prefix(64))")
        }
    }
}

extension Program {
    /// What a model is fed with where no input is given.
    package var patternInputs: [[Int8]] {
        tensors[0..<inputCount - stateCount].map { tensor in
            (0..<tensor.byteCount).map { Int8(truncatingIfNeeded: ($0 * 31 + 7) & 255 - 128) }
        }
    }
}

extension ProgramFile {
    /// The bytes of each output, by the runtime on this machine.
    package func outputs(_ inputs: [[Int8]]) throws -> [[Int8]] {
        var session = Session(try Int8Model(copying: try encoded()))
        for (index, bytes) in inputs.enumerated() { try session.setInput(index, to: bytes.span) }
        session.run()
        return program.outputs.indices.map { session.output($0) }
    }
}

extension [Int8] {
    /// Two digits a byte.
    var hexadecimal: String {
        reduce(into: "") { text, byte in
            let digits = String(UInt8(bitPattern: byte), radix: 16)
            text += digits.count < 2 ? "0" + digits : digits
        }
    }
}
