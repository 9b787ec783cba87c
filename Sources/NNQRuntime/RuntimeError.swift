// SPDX-License-Identifier: Apache-2.0
// What can go wrong between a file and its first run; running itself cannot fail.

import CNNQ

/// Why a model could not be opened or a session not be used.
public enum RuntimeError: Error, Hashable, Sendable {
    /// The file is refused: what is wrong, the index of the op where it is an op's, and the byte in the file.
    case file(FileFault, operation: Int?, byte: Int)
    /// The file or the arena does not start at a multiple of 16 bytes.
    case misaligned
    /// The arena is smaller than `Int8Model.arenaBytes`.
    case arenaTooSmall(needed: Int, given: Int)
    /// A buffer does not have as many elements as the tensor.
    case wrongCount(needed: Int, given: Int)
    /// There is no input, output, tensor or stage of this index.
    case noSuchIndex(Int)
}

/// What is wrong with a file: one case for each error that SPEC.md names beside its rules, with the runtime's code.
public enum FileFault: Int32, Hashable, Sendable {
    case truncated = -3
    case magic = -4
    case version = -5
    case checksum = -6
    case header = -7
    case tensor = -8
    case stage = -9
    case opcode = -10
    case parameter = -11
    case input = -12
    case shape = -13
    case data = -14
    case overflow = -15
    case overlap = -16
    case ring = -17
    /// The arena that the file states has no room for what its ops need.
    case arena = -18
    case type = -19
    case update = -20
}

#if !hasFeature(Embedded)
    extension FileFault: CaseIterable {}

    extension RuntimeError: CustomStringConvertible {
        /// A sentence: what is wrong and where.
        public var description: String {
            switch self {
            case .file(let fault, let operation, let byte):
                let place = operation.map { "op \($0), byte \(byte)" } ?? "byte \(byte)"
                return "\(String(cString: nnq_error_text(fault.rawValue))) (\(place))"
            case .misaligned: return "the model or the arena does not start at a multiple of 16 bytes"
            case .arenaTooSmall(let needed, let given): return "the arena has \(given) bytes and the model needs \(needed)"
            case .wrongCount(let needed, let given): return "the tensor has \(needed) elements and the buffer \(given)"
            case .noSuchIndex(let index): return "there is no input, output, tensor or stage \(index)"
            }
        }
    }
#endif
