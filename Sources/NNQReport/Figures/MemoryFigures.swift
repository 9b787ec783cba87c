// SPDX-License-Identifier: Apache-2.0
// Where a program's tensors lie in RAM and when, and what its file takes of flash.

import NNQFormat

/// RAM and flash of an int8 model.
public struct MemoryFigures: Hashable, Codable, Sendable {
    /// A tensor's place in the arena and the times between which it is there, both included.
    public struct Tensor: Hashable, Codable, Sendable {
        public var name: String
        public var offset: Int
        public var bytes: Int
        public var first: Int
        public var last: Int
    }

    /// What happens at a time: an op, or several in one stage.
    public struct Moment: Hashable, Codable, Sendable {
        /// Names of the tensors written.
        public var writes: [String]
        /// Bytes of the arena that some tensor occupies; those that two share in place count once.
        public var liveBytes: Int

        enum CodingKeys: String, CodingKey {
            case writes
            case liveBytes = "live_bytes"
        }
    }

    /// What an op takes of flash and of time.
    public struct Op: Hashable, Codable, Sendable {
        public var name: String
        public var op: String
        /// Weights, biases, tables.
        public var constantBytes: Int
        /// Multiply-accumulates of one inference.
        public var macs: Int

        enum CodingKeys: String, CodingKey {
            case name, op, macs
            case constantBytes = "constant_bytes"
        }
    }

    public var arenaBytes: Int
    /// No plan of this order of execution takes less.
    public var lowerBound: Int
    public var isProvenOptimal: Bool
    public var fileBytes: Int
    /// Time 0 writes the inputs.
    public var moments: [Moment]
    public var tensors: [Tensor]
    public var ops: [Op]

    enum CodingKeys: String, CodingKey {
        case moments, tensors, ops
        case arenaBytes = "arena_bytes"
        case lowerBound = "lower_bound"
        case isProvenOptimal = "optimal"
        case fileBytes = "file_bytes"
    }

    /// - Parameter fileBytes: of the file as written.
    public init(_ file: ProgramFile, fileBytes: Int) {
        let (program, plan) = (file.program, file.plan)
        let lifetimes = plan.lifetimes(in: program)
        arenaBytes = plan.arenaBytes
        lowerBound = plan.lowerBound
        isProvenOptimal = plan.isProvenOptimal
        self.fileBytes = fileBytes
        let tensors = program.tensors.indices.map { index in
            Tensor(
                name: program.tensors[index].name, offset: plan.offsets[index],
                bytes: plan.bytes(of: index, in: program), first: lifetimes[index].lowerBound,
                last: lifetimes[index].upperBound)
        }
        self.tensors = tensors
        let times = Array(repeating: 0, count: program.inputCount) + plan.times
        moments = (0...plan.stages.count).map { time in
            Moment(
                writes: times.indices.filter { times[$0] == time }.map { tensors[$0].name },
                liveBytes: Self.occupied(tensors.filter { ($0.first...$0.last).contains(time) }))
        }
        ops = program.operations.indices.map { index in
            Op(
                name: tensors[program.inputCount + index].name, op: program.operations[index].operation.name,
                constantBytes: program.operations[index].operation.constantBytes, macs: program.macs(of: index))
        }
    }

    /// Bytes that at least one of the tensors covers.
    private static func occupied(_ tensors: [Tensor]) -> Int {
        var (sum, end) = (0, 0)
        for tensor in tensors.sorted(by: { $0.offset < $1.offset }) {
            sum += max(0, tensor.offset + tensor.bytes - max(end, tensor.offset))
            end = max(end, tensor.offset + tensor.bytes)
        }
        return sum
    }

    /// The time at which most bytes are occupied; the first of several.
    public var peak: Int { moments.indices.max { moments[$0].liveBytes < moments[$1].liveBytes } ?? 0 }
}
