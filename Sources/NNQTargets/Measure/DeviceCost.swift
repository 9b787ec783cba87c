// SPDX-License-Identifier: Apache-2.0
// What a model costs on a core: the result of measuring.

import NNQFormat

/// How a model runs on a device.
public enum ExecutionMode: String, CaseIterable, Sendable {
    /// The runtime opens a .nnq file and runs it.
    case interpreter
    /// The C file that `nnq compile` makes.
    case compiled
}

/// The cost of one inference on an emulated core, and of having the model on it.
public struct DeviceCost: Sendable {
    /// One op; where the plan runs several in turns, all of a stage.
    public struct Layer: Sendable {
        public let name: String
        /// Op or packed form; of several ops, joined by "+".
        public let kind: String
        /// `[height, width, channels]` of the output.
        public let output: [Int]
        public let macs: Int
        public let counts: InstructionCounts
    }

    public let board: Board
    public let mode: ExecutionMode
    public let layers: [Layer]
    /// Of all layers and what lies between them.
    public let counts: InstructionCounts
    /// Of the check when a file is opened; nil where there is none.
    public let openingCounts: InstructionCounts?
    public let estimate: CycleEstimate
    public let arenaBytes: Int
    /// Static RAM beside the arena.
    public let staticBytes: Int
    /// Code and constants without the model's.
    public let codeBytes: Int
    /// The model file, or the constants of the compiled model.
    public let modelBytes: Int
    /// The most that opening and running wrote below their callers' stack.
    public let openingStackBytes: Int?
    public let runningStackBytes: Int
    /// What the stack cannot exceed, from the machine code.
    public let stackBound: StackBound
    /// FNV-1a of the first output.
    public let outputHash: String
    /// How things were compiled.
    public let compilation: String

    public var macs: Int { layers.reduce(0) { $0 + $1.macs } }
    public var cycles: Int { estimate.cycles(counts) }
    public var stackBytes: Int { max(runningStackBytes, openingStackBytes ?? 0) }
    public var ramBytes: Int { arenaBytes + staticBytes + stackBytes }
}

/// The 32-bit hash of Fowler, Noll and Vo, variant 1a, as 8 hexadecimal digits.
public func fnv1a(_ bytes: some Sequence<UInt8>) -> String {
    let digits = String(bytes.reduce(UInt32(0x811C_9DC5)) { ($0 ^ UInt32($1)) &* 0x0100_0193 }, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
}
