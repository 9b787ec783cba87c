// SPDX-License-Identifier: Apache-2.0
// The one error of this module: what was wrong, where, and what to do about it.

import Foundation

/// Why data could not be read, written, fetched or made.
///
/// `description` is one sentence or two for a person: `path: what, at byte N. What to do.`
public struct DataError: Error, Equatable, Sendable, CustomStringConvertible, LocalizedError {
    /// The file, folder or address concerned, if there is one.
    public let path: String?
    /// What is wrong, without a full stop.
    public let problem: String
    /// Byte position in the (decompressed) file at which it was noticed.
    public let byte: Int?
    /// What to do about it, without a full stop.
    public let remedy: String?

    public init(_ problem: String, path: String? = nil, byte: Int? = nil, remedy: String? = nil) {
        self.path = path
        self.problem = problem
        self.byte = byte
        self.remedy = remedy
    }

    public var description: String {
        var text = path.map { "\($0): " } ?? ""
        text += problem
        if let byte { text += ", at byte \(byte)" }
        text += "."
        if let remedy { text += " \(remedy)." }
        return text
    }

    public var errorDescription: String? { description }
}

extension DataError {
    /// An error from `errno` as it stands now, for a system call that failed on `path`.
    static func system(_ action: String, path: String, code: Int32 = errno) -> DataError {
        let remedy: String? =
            switch code {
            case ENOSPC, EDQUOT: "Free some space on that disk, or choose another folder"
            case EROFS, EACCES, EPERM: "Choose a folder that you may write to, or change its permissions"
            case ENOENT: "Check the spelling of the path"
            default: nil
            }
        return DataError("cannot \(action): \(String(cString: strerror(code)))", path: path, remedy: remedy)
    }
}
