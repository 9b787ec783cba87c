// SPDX-License-Identifier: Apache-2.0
// Writes files whole or not at all: beside the target, flushed to disk, then renamed.

import Foundation
import NNQBase

enum AtomicFile {
    /// Writes `bytes` to `path`, replacing what was there. On failure nothing is left and the old file stays.
    static func write(_ bytes: [UInt8], to path: String) throws(DataError) {
        do {
            try WholeFile.write(bytes, to: path)
        } catch {
            throw DataError("\(error)")
        }
    }

    /// Writes all of `bytes` at the descriptor's position.
    static func writeAll(_ bytes: some Collection<UInt8>, _ descriptor: Int32, _ path: String) throws(DataError) {
        let failure =
            bytes.withContiguousStorageIfAvailable { writeAll($0, descriptor) }
            ?? Array(bytes).withUnsafeBufferPointer { writeAll($0, descriptor) }
        if failure != 0 { throw .system("write the file", path: path, code: failure) }
    }

    /// Renames `temporary` to `path`; on failure `temporary` is removed.
    static func move(_ temporary: String, to path: String) throws(DataError) {
        guard rename(temporary, path) == 0 else {
            let code = errno
            unlink(temporary)
            throw .system("rename the finished file", path: path, code: code)
        }
    }

    static func flush(_ descriptor: Int32, _ path: String) throws(DataError) {
        guard fsync(descriptor) == 0 else { throw .system("flush the file to disk", path: path) }
    }

    /// Makes `folder` and what is above it.
    static func makeFolder(_ folder: String) throws(DataError) {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw DataError(
                "cannot make the folder: \(error.localizedDescription)", path: folder,
                remedy: "Choose a folder that you may write to (NNQ_DATA says where data sets live)")
        }
    }

    /// Returns 0 or errno.
    private static func writeAll(_ bytes: UnsafeBufferPointer<UInt8>, _ descriptor: Int32) -> Int32 {
        var done = 0
        while done < bytes.count {
            let written = Foundation.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { return written == 0 ? ENOSPC : errno }
            done += written
        }
        return 0
    }
}
