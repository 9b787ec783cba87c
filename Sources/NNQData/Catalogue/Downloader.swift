// SPDX-License-Identifier: Apache-2.0
// Fetches one file over HTTP: continued where it broke off, checked, and only then given its name.

import Foundation

/// Downloads files. What has arrived stays in `FILE.part` and is continued by the next call.
public struct Downloader: Sendable {
    /// How far a fetch is.
    public struct Progress: Sendable, Equatable {
        /// Name of the file.
        public let file: String
        /// Bytes that are there, those of earlier attempts included.
        public let received: Int
        /// Bytes of the whole file, if the server says.
        public let total: Int?
    }

    /// Seconds without a byte after which the connection counts as broken.
    public var timeout: TimeInterval
    /// How often a broken connection is taken up again before giving up.
    public var retries: Int

    public init(timeout: TimeInterval = 30, retries: Int = 3) {
        self.timeout = timeout
        self.retries = retries
    }

    /// Fetches `address` to `path`, unless a file with this SHA-256 is there already.
    ///
    /// The folder is made. A wrong checksum removes what was fetched; every other failure keeps `path.part` to go on.
    public func fetch(
        _ address: String, to path: String, sha256: String, progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) throws(DataError) {
        if FileManager.default.fileExists(atPath: path), try SHA256.hexDigest(file: path) == sha256 { return }
        guard let url = URL(string: address), let scheme = url.scheme, ["http", "https"].contains(scheme) else {
            throw DataError("'\(address)' is not an http or https address")
        }
        try AtomicFile.makeFolder((path as NSString).deletingLastPathComponent)
        let part = try PartFile(path + ".part")
        defer { part.release() }
        try receive(url, path, part, progress)
        try part.flush()
        let found = try SHA256.hexDigest(file: part.path)
        guard found == sha256 else {
            part.remove()
            throw DataError(
                "the file that came has SHA-256 \(found), expected \(sha256)", path: address,
                remedy: "What was fetched has been removed; try again, or name another address to fetch from")
        }
        try AtomicFile.move(part.path, to: path)
    }

    /// Lets attempt follow attempt as long as each brings the file further.
    private func receive(
        _ url: URL, _ path: String, _ part: PartFile, _ progress: @escaping @Sendable (Progress) -> Void
    ) throws(DataError) {
        var attempt = 0
        while true {
            let before = part.size
            let transfer = Transfer(url, part, timeout: timeout) { received, total in
                progress(Progress(file: (path as NSString).lastPathComponent, received: received, total: total))
            }
            switch transfer.run() {
            case .complete: return
            case .refused(let error): throw error
            case .startOver:
                try part.truncate()
            case .broken(let why):
                guard part.size > before, attempt < retries else {
                    let kept = part.size > 0 ? "; \(part.size) bytes are kept" : ""
                    throw DataError(
                        "the transfer broke off (\(why))\(kept)", path: url.absoluteString,
                        remedy: part.size > 0
                            ? "Call the same command again and it goes on from there"
                            : "Check the address and the network, or name another address to fetch from")
                }
            }
            attempt += 1
            if attempt > retries + 1 {
                throw DataError("the server does not send the file", path: url.absoluteString)
            }
        }
    }
}
