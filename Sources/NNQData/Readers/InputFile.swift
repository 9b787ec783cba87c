// SPDX-License-Identifier: Apache-2.0
// A file read from front to back, decompressed on the way if it is gzip; every shortfall is an error with its byte.

import CZlib
import Foundation

/// Reads a plain or gzip file as a stream of (decompressed) bytes.
struct InputFile: ~Copyable {
    let path: String
    /// Bytes handed out so far, counted after decompression.
    private(set) var position = 0
    private let file: gzFile

    init(_ path: String) throws(DataError) {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            throw DataError("this is a folder, a file is needed", path: path)
        }
        guard let file = gzopen(path, "rb") else { throw .system("open the file", path: path) }
        gzbuffer(file, 1 << 17)
        self.path = path
        self.file = file
    }

    deinit { gzclose(file) }

    /// Up to `count` bytes; fewer only at the end of the file.
    mutating func readUpTo(_ count: Int) throws(DataError) -> [UInt8] {
        var failure: DataError?
        let start = position
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = 0
            while filled < count {
                let wanted = UInt32(min(count - filled, 1 << 24))
                let got = gzread(file, buffer.baseAddress! + filled, wanted)
                if got < 0 { failure = streamError(at: start + filled) }
                guard got > 0 else { break }
                filled += Int(got)
            }
        }
        if let failure { throw failure }
        if bytes.count < count {
            var code: Int32 = 0
            _ = gzerror(file, &code)
            if code < 0 { throw streamError(at: start + bytes.count) }
        }
        position += bytes.count
        return bytes
    }

    /// Exactly `count` bytes of `what`; a file that ends before throws. Memory grows with what is really there.
    mutating func read(_ count: Int, _ what: String) throws(DataError) -> [UInt8] {
        let step = 1 << 22
        var bytes = try readUpTo(min(count, step))
        while bytes.count < count, bytes.count % step == 0, !bytes.isEmpty {
            let more = try readUpTo(min(count - bytes.count, step))
            if more.isEmpty { break }
            bytes += more
        }
        guard bytes.count == count else {
            throw DataError(
                "the file ends inside \(what): \(count) bytes are needed, \(bytes.count) are there",
                path: path, byte: position, remedy: "The copy is incomplete; fetch or copy it again")
        }
        return bytes
    }

    /// Throws if anything follows.
    mutating func expectEnd(after what: String) throws(DataError) {
        let end = position
        guard try readUpTo(1).isEmpty else {
            throw DataError(
                "more bytes follow after \(what)", path: path, byte: end,
                remedy: "The header and the contents disagree; fetch or copy the file again")
        }
    }

    private func streamError(at byte: Int) -> DataError {
        var code: Int32 = 0
        let text = gzerror(file, &code).map { String(cString: $0) } ?? "unreadable"
        if code == Z_ERRNO { return .system("read the file", path: path) }
        return DataError(
            "the gzip data is damaged or cut off (\(text))", path: path, byte: byte,
            remedy: "Fetch or copy the file again")
    }
}

/// Big-endian 32-bit number at `offset` of `bytes`.
func bigEndian32(_ bytes: [UInt8], _ offset: Int) -> Int {
    bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
}

/// Product of `dimensions`, nil if it exceeds `limit` or a dimension is zero.
func boundedProduct(_ dimensions: [Int], limit: Int = 1 << 34) -> Int? {
    var product = 1
    for dimension in dimensions {
        guard dimension > 0, product <= limit / dimension else { return nil }
        product *= dimension
    }
    return product
}
