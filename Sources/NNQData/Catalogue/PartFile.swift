// SPDX-License-Identifier: Apache-2.0
// The unfinished file of a download: appended to, kept between attempts, locked against a second fetch.

import Foundation

/// `path`, open for appending. Used by one transfer at a time.
final class PartFile: @unchecked Sendable {
    let path: String
    private(set) var size: Int
    private var descriptor: Int32

    /// Opens or makes the file; one that another process is filling throws.
    init(_ path: String) throws(DataError) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            size = 0
            throw .system("write the file", path: path)
        }
        size = 0
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw DataError("another fetch is filling this file", path: path, remedy: "Wait for it to end")
        }
        size = Int(lseek(descriptor, 0, SEEK_END))
    }

    deinit { release() }

    /// Closes the file and gives up the lock; a finished URL session may keep this object alive for a while.
    func release() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    func append(_ data: Data) throws(DataError) {
        try AtomicFile.writeAll(data, descriptor, path)
        size += data.count
    }

    func truncate() throws(DataError) {
        guard ftruncate(descriptor, 0) == 0 else { throw .system("empty the file", path: path) }
        lseek(descriptor, 0, SEEK_SET)
        size = 0
    }

    func flush() throws(DataError) { try AtomicFile.flush(descriptor, path) }

    func remove() { unlink(path) }
}
