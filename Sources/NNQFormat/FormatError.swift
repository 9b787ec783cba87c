// SPDX-License-Identifier: Apache-2.0
// What can be wrong with a program or a file, as sentences.

import CNNQ
import Foundation

/// A program that cannot be written, or a file that cannot be read.
public enum FormatError: Error, Hashable, LocalizedError, CustomStringConvertible, Sendable {
    /// The program breaks a rule of the format; a sentence that names the op or tensor and the way out.
    case program(String)
    /// The runtime refused the file: its error (`NNQ_ERROR_CHECKSUM`), what that means, the op by index and name where
    /// it is an op's, and the byte in the file.
    case file(error: String, meaning: String, operation: Int?, name: String?, byte: Int)
    /// The info section is not what SPEC.md, section 2.6, says.
    case info(String)

    public var description: String {
        switch self {
        case .program(let sentence): return sentence
        case .info(let reason): return "the info section of the file is damaged: \(reason)"
        case .file(let error, let meaning, let operation, let name, let byte):
            var place = "at byte \(byte)"
            if let operation {
                place += ", in op \(operation)"
                if let name { place += " (\(name))" }
            }
            return "\(meaning) (\(place)): \(error)"
        }
    }

    public var errorDescription: String? { description }
}
