// SPDX-License-Identifier: Apache-2.0
// What rewrites did to an int8 program and what that saved.

import NNQFormat

/// What a program costs.
public struct ProgramFigures: Hashable, Codable, Sendable {
    public var operations: Int
    /// Multiply-accumulates of an inference.
    public var macs: Int
    /// Bytes of filters.
    public var weightBytes: Int
    /// Bytes of all constants, filters included, before equal ones are shared.
    public var constantBytes: Int
    /// Bytes of all tensors together.
    public var activationBytes: Int
    /// The largest sum of tensors alive at once: no arena for the plain order of execution is smaller.
    public var peakBytes: Int

    /// - Throws: `FormatError` where the program is malformed.
    public init(_ program: Program) throws {
        operations = program.operations.count
        macs = program.operations.indices.reduce(0) { $0 + program.macs(of: $1) }
        weightBytes = program.operations.reduce(0) { $0 + $1.operation.weightBytes }
        constantBytes = program.operations.reduce(0) { $0 + $1.operation.constantBytes }
        activationBytes = program.tensors.reduce(0) { $0 + $1.byteCount }
        peakBytes = try MemoryPlanner(nodeLimit: 0).plan(program).lowerBound
    }

    /// Figures of nothing.
    public init() {
        (operations, macs, weightBytes, constantBytes, activationBytes, peakBytes) = (0, 0, 0, 0, 0, 0)
    }

    static func - (a: Self, b: Self) -> Self {
        var difference = a
        difference.operations -= b.operations
        difference.macs -= b.macs
        difference.weightBytes -= b.weightBytes
        difference.constantBytes -= b.constantBytes
        difference.activationBytes -= b.activationBytes
        difference.peakBytes -= b.peakBytes
        return difference
    }

    static func + (a: Self, b: Self) -> Self { a - (Self() - b) }

    enum CodingKeys: String, CodingKey {
        case operations, macs
        case weightBytes = "weight_bytes"
        case constantBytes = "constant_bytes"
        case activationBytes = "activation_bytes"
        case peakBytes = "peak_bytes"
    }
}

/// What was rewritten, and what it saved.
public struct ProgramRewriteReport: Hashable, Codable, Sendable {
    public struct Entry: Hashable, Codable, Sendable {
        public var rewrite: ProgramRewrite
        /// The name of the tensor that changed or went.
        public var layer: String
        /// What happened to it, as a short phrase.
        public var detail: String
    }

    public private(set) var entries: [Entry] = []
    public let before: ProgramFigures
    public private(set) var after: ProgramFigures
    /// By rewrite, what all its rounds together saved; negative where it costs something. These add up to
    /// `before` less `after`.
    private var savings: [String: ProgramFigures] = [:]

    init(before: ProgramFigures) { (self.before, after) = (before, before) }

    /// How many changes a rewrite made.
    public func count(_ rewrite: ProgramRewrite) -> Int { entries.count { $0.rewrite == rewrite } }

    /// What a rewrite saved in all.
    public func saved(by rewrite: ProgramRewrite) -> ProgramFigures { savings[rewrite.rawValue] ?? ProgramFigures() }

    mutating func add(_ entries: [Entry], of rewrite: ProgramRewrite, after figures: ProgramFigures) {
        self.entries += entries
        savings[rewrite.rawValue] = saved(by: rewrite) + (after - figures)
        after = figures
    }
}
