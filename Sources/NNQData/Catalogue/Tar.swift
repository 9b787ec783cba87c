// SPDX-License-Identifier: Apache-2.0
// Takes chosen files out of a .tar or .tar.gz archive (plain ustar), by their last name only.

/// A reader of ustar archives (POSIX.1-1988): 512-byte headers, contents padded to 512 bytes.
package enum Tar {
    /// Unpacks regular files called one of `names` into `folder`, whatever folders the archive has them in.
    ///
    /// No other path of the archive is used, so that it cannot write elsewhere. A name that is not there throws.
    package static func extract(_ archive: String, names: Set<String>, to folder: String) throws(DataError) {
        var file = try InputFile(archive)
        var missing = names
        while true {
            let begins = file.position
            let header = try file.read(512, "an archive header")
            if header.allSatisfy({ $0 == 0 }) { break }
            guard checksumAgrees(header), let size = octal(header[124..<136]) else {
                throw DataError(
                    "this is no archive header", path: archive, byte: begins,
                    remedy: "The archive is damaged; fetch it again")
            }
            let path = String(decoding: header[..<100].prefix { $0 != 0 }, as: UTF8.self)
            let name = path.split(separator: "/").last.map(String.init) ?? ""
            let isFile = header[156] == 0 || header[156] == UInt8(ascii: "0")
            let padding = (512 - size % 512) % 512
            if isFile && missing.contains(name) {
                try AtomicFile.write(try file.read(size, name), to: "\(folder)/\(name)")
                missing.remove(name)
            } else {
                try skip(size, path, &file)
            }
            _ = try file.read(padding, "the padding after \(path)")
            if missing.isEmpty { return }
        }
        guard missing.isEmpty else {
            throw DataError("the archive does not hold \(missing.sorted().joined(separator: ", "))", path: archive)
        }
    }

    private static func skip(_ size: Int, _ what: String, _ file: inout InputFile) throws(DataError) {
        var left = size
        while left > 0 {
            let step = min(left, 1 << 20)
            _ = try file.read(step, what)
            left -= step
        }
    }

    private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
        let text = String(decoding: field, as: UTF8.self).trimmingPrefix { $0 == " " }
        return Int(text.prefix { $0 != " " && $0 != "\0" }, radix: 8)
    }

    private static func checksumAgrees(_ header: [UInt8]) -> Bool {
        var sum = 0
        for (i, byte) in header.enumerated() { sum += (148..<156).contains(i) ? 32 : Int(byte) }
        return octal(header[148..<156]) == sum
    }
}
