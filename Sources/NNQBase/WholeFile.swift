// SPDX-License-Identifier: Apache-2.0
// Files that appear whole or not at all, and errors of the file system as sentences.

import Foundation

/// A file that could not be read or written: which one, why, and what to do.
public struct FileError: Error, LocalizedError, CustomStringConvertible, Equatable {
    public let description: String

    public init(_ description: String) { self.description = description }

    public init(cannot verb: String, _ path: String, code: Int32) {
        let reason =
            switch code {
            case ENOENT: "there is no such file or folder"
            case EACCES, EPERM: "permission is denied"
            case EROFS: "the file system is read-only"
            case ENOSPC, EDQUOT: "the disk is full: free some space or choose another folder"
            case EISDIR: "it is a folder"
            case ENOTDIR: "a part of the path is not a folder"
            default: String(cString: strerror(code))
            }
        self.init("cannot \(verb) \(path): \(reason)")
    }

    public var errorDescription: String? { description }
}

/// Reads and writes whole files.
public enum WholeFile {
    /// The bytes of a file.
    /// - Throws: `FileError`.
    public static func read(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(cannot: "read", path, code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError(cannot: "read", path, code: errno) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw FileError(cannot: "read", path, code: EISDIR) }
        var bytes = [UInt8](repeating: 0, count: max(Int(status.st_size), 1))
        var filled = 0
        while true {
            if filled == bytes.count { bytes.append(contentsOf: repeatElement(0, count: bytes.count)) }
            let count = bytes.withUnsafeMutableBytes {
                Foundation.read(descriptor, $0.baseAddress! + filled, $0.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError(cannot: "read", path, code: errno) }
            if count == 0 { break }
            filled += count
        }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }

    /// Replaces `path` by these bytes: written beside it, flushed to disk, then renamed, so that a reader (or a full
    /// disk) never sees half of it. A special file such as /dev/stdout is written to directly.
    /// - Throws: `FileError`; the old file is then as it was.
    public static func write(_ bytes: some Collection<UInt8>, to path: String) throws {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            guard status.st_mode & S_IFMT != S_IFDIR else { throw FileError(cannot: "write", path, code: EISDIR) }
            return try fill(path, flags: O_WRONLY, bytes, named: path)
        }
        let beside = "\(path).\(getpid()).part"
        do {
            try fill(beside, flags: O_WRONLY | O_CREAT | O_TRUNC, bytes, named: path)
            guard rename(beside, path) == 0 else { throw FileError(cannot: "write", path, code: errno) }
        } catch {
            unlink(beside)
            throw error
        }
    }

    /// Fails now where `write(_:to:)` would fail later for want of a folder or of permission; leaves nothing behind.
    /// - Throws: `FileError`.
    public static func probe(_ path: String) throws {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            guard status.st_mode & S_IFMT == S_IFDIR else { return }
            throw FileError(cannot: "write", path, code: EISDIR)
        }
        let beside = "\(path).\(getpid()).part"
        let descriptor = open(beside, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError(cannot: "write", path, code: errno) }
        close(descriptor)
        unlink(beside)
    }

    /// Makes a folder and those that it lies in, where they are missing.
    /// - Throws: `FileError`.
    public static func makeFolder(_ path: String) throws {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else { throw FileError(cannot: "write to", path, code: ENOTDIR) }
            return
        }
        let parts = path.split(separator: "/").dropLast()
        if !parts.isEmpty { try makeFolder((path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")) }
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw FileError(cannot: "make", path, code: errno) }
    }

    private static func fill(
        _ target: String, flags: Int32, _ bytes: some Collection<UInt8>, named path: String
    ) throws {
        let descriptor = open(target, flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError(cannot: "write", path, code: errno) }
        defer { close(descriptor) }
        try Array(bytes).withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let count = Foundation.write(descriptor, buffer.baseAddress! + written, buffer.count - written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw FileError(cannot: "write", path, code: errno) }
                written += count
            }
        }
        if fsync(descriptor) != 0, errno != EINVAL, errno != EROFS {
            throw FileError(cannot: "write", path, code: errno)
        }
    }
}
