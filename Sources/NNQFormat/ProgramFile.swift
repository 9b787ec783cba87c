// SPDX-License-Identifier: Apache-2.0
// A program with its memory plan: what a .nnq file holds.

import NNQBase

/// A program and its plan, to be written to a file or read from one.
public struct ProgramFile: Hashable, Sendable {
    public var program: Program
    public var plan: MemoryPlan

    /// A program with the smallest arena for its plain order of execution.
    /// - Throws: `FormatError` where the program is malformed.
    public init(_ program: Program) throws {
        self.init(program, plan: try MemoryPlanner().plan(program))
    }

    /// A program with a plan of the caller's, stages and rings included; `encoded` checks it.
    public init(_ program: Program, plan: MemoryPlan) {
        self.program = program
        self.plan = plan
    }

    /// Reads a file.
    /// - Throws: `FileError` where it cannot be read, `FormatError` where it is damaged or not an nnq file.
    public init(contentsOf path: String) throws {
        try self.init(bytes: try WholeFile.read(path))
    }

    /// Writes the file whole or not at all.
    /// - Throws: `FormatError` where the program cannot be expressed, `FileError` where it cannot be written.
    public func write(to path: String) throws {
        try WholeFile.write(try encoded(), to: path)
    }
}
