// SPDX-License-Identifier: Apache-2.0
// Where every tensor of a program lies in the arena, and how its ops run.

/// A memory plan for a program: stages, rows held, offsets, and how good it is.
public struct MemoryPlan: Hashable, Sendable {
    /// A run of ops executed together, band by band of rows (SPEC.md, section 3).
    public struct Stage: Hashable, Sendable {
        /// 1 ... 16.
        public var operationCount: Int
        /// Rows of the last op's output that one round computes, 1 ... 65535.
        public var bandRows: Int

        public init(operationCount: Int, bandRows: Int) {
            self.operationCount = operationCount
            self.bandRows = bandRows
        }
    }

    /// An op that writes its output over one of its inputs.
    public struct InPlace: Hashable, Sendable {
        public var operation: Int
        public var input: Int
        public var output: Int

        public init(operation: Int, input: Int, output: Int) {
            self.operation = operation
            self.input = input
            self.output = output
        }
    }

    public var stages: [Stage]
    /// For each tensor, how many of its rows are in memory at once: its height, or less for a ring.
    public var rowsHeld: [Int]
    /// For each tensor, its first byte in the arena, a multiple of 4.
    public var offsets: [Int]
    /// A multiple of 4, at least 4.
    public var arenaBytes: Int
    /// No plan with these stages and rows held takes fewer bytes: the largest sum of tensors alive at once.
    public var lowerBound: Int
    /// True where no smaller arena exists for these stages and rows held: the bound is met, or the search was complete.
    public var isProvenOptimal: Bool
    public var inPlace: [InPlace]
    /// Nodes of the search that found the plan.
    public var nodesSearched: Int

    /// How far the arena may be from the best one, as a share of the lower bound; 0 where it is proven optimal.
    public var gap: Double {
        isProvenOptimal ? 0 : Double(arenaBytes - lowerBound) / Double(lowerBound)
    }

    /// Bytes of a tensor in the arena.
    public func bytes(of tensor: Int, in program: Program) -> Int {
        rowsHeld[tensor] * program.tensors[tensor].rowBytes
    }
}

extension ProgramTensor {
    /// Bytes of one row.
    var rowBytes: Int { width * channels * type.byteCount }
}

extension Program {
    /// One stage for each op, computed in one band: the plain order of execution.
    public var plainStages: [MemoryPlan.Stage] {
        tensors.dropFirst(inputCount).map { MemoryPlan.Stage(operationCount: 1, bandRows: $0.height) }
    }
}
