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

/// What is wrong with a file: one case for each error that SPEC.md names beside its rules.
public enum FileFault: Hashable, Sendable, CaseIterable {
    case truncated, magic, version, checksum, header, tensor, stage, opcode, parameter, input, shape, data, overflow
    case overlap, ring, type, update

    /// The runtime's error code.
    var code: Int {
        switch self {
        case .truncated: NNQ_ERROR_TRUNCATED
        case .magic: NNQ_ERROR_MAGIC
        case .version: NNQ_ERROR_VERSION
        case .checksum: NNQ_ERROR_CHECKSUM
        case .header: NNQ_ERROR_HEADER
        case .tensor: NNQ_ERROR_TENSOR
        case .stage: NNQ_ERROR_STAGE
        case .opcode: NNQ_ERROR_OPCODE
        case .parameter: NNQ_ERROR_PARAMETER
        case .input: NNQ_ERROR_INPUT
        case .shape: NNQ_ERROR_SHAPE
        case .data: NNQ_ERROR_DATA
        case .overflow: NNQ_ERROR_OVERFLOW
        case .overlap: NNQ_ERROR_OVERLAP
        case .ring: NNQ_ERROR_RING
        case .type: NNQ_ERROR_TYPE
        case .update: NNQ_ERROR_UPDATE
        }
    }

    init?(code: Int32) {
        guard let fault = Self.allCases.first(where: { $0.code == Int(code) }) else { return nil }
        self = fault
    }
}

extension RuntimeError: CustomStringConvertible {
    /// A sentence: what is wrong and where.
    public var description: String {
        switch self {
        case .file(let fault, let operation, let byte):
            let place = operation.map { "op \($0), byte \(byte)" } ?? "byte \(byte)"
            return "\(String(cString: nnq_error_text(Int32(fault.code)))) (\(place))"
        case .misaligned: return "the model or the arena does not start at a multiple of 16 bytes"
        case .arenaTooSmall(let needed, let given): return "the arena has \(given) bytes and the model needs \(needed)"
        case .wrongCount(let needed, let given): return "the tensor has \(needed) elements and the buffer \(given)"
        case .noSuchIndex(let index): return "there is no input, output, tensor or stage \(index)"
        }
    }
}
