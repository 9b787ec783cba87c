// SPDX-License-Identifier: Apache-2.0
// Fetching from a server that breaks off, ignores ranges, sends other bytes, or is not there.

import Foundation
import NNQBase
import NNQData
import Testing

@Suite struct DownloaderTests {
    let folder: ScratchFolder
    let file: [UInt8]
    let hash: String
    let downloader = Downloader(timeout: 5, retries: 3)

    init() throws {
        folder = try ScratchFolder()
        var rng = Rng(seed: 77)
        file = (0..<300_000).map { _ in UInt8(truncatingIfNeeded: rng.next()) }
        var sha = SHA256()
        sha.update(file)
        hash = sha.hexDigest()
    }

    private var target: String { folder.path + "/sub/file.bin" }
    private var fetched: [UInt8]? { FileManager.default.contents(atPath: target).map(Array.init) }
    private var left: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/sub")) ?? []).sorted()
    }

    @Test func fetchesAndReportsProgress() throws {
        let file = file
        let server = try LoopbackServer { _, first in LoopbackServer.file(file, from: first) }
        defer { server.stop() }
        let seen = Seen()
        try downloader.fetch(server.address + "file.bin", to: target, sha256: hash) { seen.add($0) }
        #expect(fetched == file)
        #expect(left == ["file.bin"])
        let steps = seen.all
        #expect(steps.last == steps.max { $0.received < $1.received })
        #expect(steps.last?.received == file.count && steps.last?.total == file.count)
        #expect(steps.last?.file == "file.bin")
        try downloader.fetch(server.address + "file.bin", to: target, sha256: hash)
        #expect(server.requests.count == 1, "a file that is there is not fetched again")
    }

    @Test func continuesAfterABreak() throws {
        let file = file
        let server = try LoopbackServer { _, first in LoopbackServer.file(file, from: first, limit: 110_000) }
        defer { server.stop() }
        try downloader.fetch(server.address + "file.bin", to: target, sha256: hash)
        #expect(fetched == file)
        #expect(server.requests == ["/file.bin", "/file.bin 110000", "/file.bin 220000"])
    }

    @Test func continuesWithTheNextCall() throws {
        let file = file
        let server = try LoopbackServer { _, first in
            LoopbackServer.file(file, from: first, limit: first == nil ? 120_000 : nil)
        }
        defer { server.stop() }
        let once = Downloader(timeout: 5, retries: 0)
        expectError("120000 bytes are kept", "goes on from there") {
            try once.fetch(server.address + "file.bin", to: target, sha256: hash)
        }
        #expect(left == ["file.bin.part"])
        try once.fetch(server.address + "file.bin", to: target, sha256: hash)
        #expect(fetched == file && left == ["file.bin"])
        #expect(server.requests.last == "/file.bin 120000")
    }

    @Test func startsOverWhereRangesAreIgnored() throws {
        let file = file
        let server = try LoopbackServer { _, _ in LoopbackServer.Answer(body: file) }
        defer { server.stop() }
        try folder.write([1, 2, 3], "sub/file.bin.part")
        try downloader.fetch(server.address + "file.bin", to: target, sha256: hash)
        #expect(fetched == file)
        #expect(server.requests == ["/file.bin 3"])
    }

    @Test func acceptsAPartThatIsAlreadyWhole() throws {
        let file = file
        let server = try LoopbackServer { _, first in LoopbackServer.file(file, from: first) }
        defer { server.stop() }
        try folder.write(file, "sub/file.bin.part")
        try downloader.fetch(server.address + "file.bin", to: target, sha256: hash)
        #expect(fetched == file && left == ["file.bin"])
        try FileManager.default.removeItem(atPath: target)
        try folder.write(file + [0], "sub/file.bin.part")
        try downloader.fetch(server.address + "file.bin", to: target, sha256: hash)
        #expect(fetched == file && server.requests.count == 3)
    }

    @Test func refusesOtherBytes() throws {
        let server = try LoopbackServer { _, first in LoopbackServer.file(Array("something else".utf8), from: first) }
        defer { server.stop() }
        expectError("SHA-256", "expected \(hash)", "removed") {
            try downloader.fetch(server.address + "file.bin", to: target, sha256: hash)
        }
        #expect(left == [])
    }

    @Test func saysWhatTheServerSaid() throws {
        let server = try LoopbackServer { _, _ in LoopbackServer.Answer(status: "404 Not Found", body: Array("no".utf8))
        }
        expectError("404", "another address") {
            try downloader.fetch(server.address + "file.bin", to: target, sha256: hash)
        }
        server.stop()
        expectError("broke off", "network") {
            try downloader.fetch(server.address + "file.bin", to: target, sha256: hash)
        }
        #expect(fetched == nil)
        expectError("not an http or https address") { try downloader.fetch("ftp://x/y", to: target, sha256: hash) }
    }

    @Test func saysWhyItCannotWrite() throws {
        let blocked = try folder.write("a file", "blocked")
        expectError("cannot make the folder", "blocked") {
            try downloader.fetch("http://127.0.0.1:9/x", to: blocked + "/x", sha256: hash)
        }
    }

    /// /dev/full answers every write with "no space left on device".
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "there is no /dev/full here"))
    func saysThatTheDiskIsFull() throws {
        let file = file
        let server = try LoopbackServer { _, first in LoopbackServer.file(file, from: first) }
        defer { server.stop() }
        try FileManager.default.createDirectory(atPath: folder.path + "/sub", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: target + ".part", withDestinationPath: "/dev/full")
        expectError("No space left", "Free some space") {
            try downloader.fetch(server.address + "file.bin", to: target, sha256: hash)
        }
        #expect(fetched == nil)
    }
}

/// Collects progress from the download's queue.
private final class Seen: @unchecked Sendable {
    private let lock = NSLock()
    private var list: [Downloader.Progress] = []
    func add(_ progress: Downloader.Progress) { lock.withLock { list.append(progress) } }
    var all: [Downloader.Progress] { lock.withLock { list } }
}
