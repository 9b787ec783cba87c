// SPDX-License-Identifier: Apache-2.0
// A model file of either kind, told apart by its first bytes.

import NNQBase
import NNQFormat
import NNQGraph

enum ModelFile {
    case float(Model)
    case int8(ProgramFile, bytes: [UInt8])

    /// Reads a file of either kind.
    /// - Throws: an error that names the file.
    init(_ path: String) throws {
        let bytes = try WholeFile.read(path)
        // "nnq" and 1A begin an int8 model; damaged beyond that, its name still says what it was to be.
        guard bytes.starts(with: [0x6E, 0x6E, 0x71, 0x1A]) || path.hasSuffix(".nnq") else {
            self = .float(try Model(contentsOf: path))
            return
        }
        do { self = .int8(try ProgramFile(bytes: bytes), bytes: bytes) } catch let error as FormatError {
            throw error.named(path)
        }
    }
}

extension FormatError {
    /// The error with the file's name before it.
    func named(_ path: String) -> FileError { FileError("\(path) is refused: \(description)") }
}
