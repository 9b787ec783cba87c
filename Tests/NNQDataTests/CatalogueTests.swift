// SPDX-License-Identifier: Apache-2.0
// SHA-256, random numbers, archives, and finding data sets by name.

import Foundation
import NNQBase
import NNQData
import Testing

@Suite struct SHA256Tests {
    private func hash(_ bytes: [UInt8]) -> String {
        var sha = SHA256()
        sha.update(bytes)
        return sha.hexDigest()
    }

    /// The examples of FIPS 180-4 (NIST's "SHA256.pdf") and of the NESSIE project.
    @Test func knownAnswers() {
        #expect(hash([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(hash(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            hash(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(
            hash([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func piecesGiveTheSame() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var rng = Rng(seed: seed)
        for length in [55, 56, 57, 63, 64, 65, 119, 120, 128, 1000] {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: rng.next()) }
            var sha = SHA256()
            var rest = bytes[...]
            while !rest.isEmpty {
                let step = 1 + rng.below(min(rest.count, 70))
                sha.update(rest.prefix(step))
                rest = rest.dropFirst(step)
            }
            #expect(sha.hexDigest() == hash(bytes), "seed \(seed), length \(length)")
        }
    }

    @Test func hashesFiles() throws {
        let folder = try ScratchFolder()
        #expect(try SHA256.hexDigest(file: folder.write("abc", "f")).hasPrefix("ba7816bf"))
        expectError("absent") { _ = try SHA256.hexDigest(file: folder.path + "/absent") }
    }
}

@Suite struct RngTests {
    /// SplitMix64's published first outputs for seed 1234567 (Vigna's splitmix64.c).
    @Test func knownAnswers() {
        var rng = Rng(seed: 1_234_567)
        #expect(
            (0..<3).map { _ in rng.next() } == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
    }

    @Test func distributions() {
        var rng = Rng(seed: 5)
        let n = 200_000
        let uniform = (0..<n).map { _ in Double(rng.uniform()) }
        #expect(uniform.allSatisfy { $0 >= 0 && $0 < 1 })
        #expect(abs(uniform.reduce(0, +) / Double(n) - 0.5) < 0.005)
        let normal = (0..<n).map { _ in Double(rng.normal()) }
        #expect(abs(normal.reduce(0, +) / Double(n)) < 0.01)
        #expect(abs(normal.map { $0 * $0 }.reduce(0, +) / Double(n) - 1) < 0.02)
        #expect(abs(Double(normal.count { abs($0) < 1 }) / Double(n) - 0.6827) < 0.005)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[rng.below(7)] += 1 }
        #expect(counts.allSatisfy { abs($0 - 10_000) < 500 })
        var order = Array(0..<100)
        rng.shuffle(&order)
        #expect(order != Array(0..<100) && order.sorted() == Array(0..<100))
    }

    @Test func streamsDiffer() {
        var firsts: Set<UInt64> = []
        for seed in 0..<10 as Range<UInt64> {
            for stream in 0..<10 as Range<UInt64> {
                for sub in 0..<10 as Range<UInt64> {
                    var rng = Rng(seed: seed, stream: stream, sub)
                    firsts.insert(rng.next())
                }
            }
        }
        #expect(firsts.count == 1000)
    }

    @Test func portableFunctionsAgreeWithTheLibrary() {
        for i in -2000...2000 {
            let x = Double(i) * 0.0137
            #expect(abs(PortableMath.sin(x) - sin(x)) < 2e-15)
            #expect(abs(PortableMath.cos(x) - cos(x)) < 2e-15)
            let y = exp(x)
            #expect(abs(PortableMath.log(y) - log(y)) <= 1e-15 * max(1, abs(x)))
        }
    }
}

@Suite struct CatalogueTests {
    let folder: ScratchFolder
    let catalog: DataCatalog

    init() throws {
        folder = try ScratchFolder()
        catalog = DataCatalog(root: folder.path)
    }

    @Test func rootComesFromTheEnvironment() {
        #expect(DataCatalog(root: "/a", environment: ["NNQ_DATA": "/b"]).root == "/a")
        #expect(DataCatalog(environment: ["NNQ_DATA": "/b", "XDG_CACHE_HOME": "/c"]).root == "/b")
        #expect(DataCatalog(environment: ["NNQ_DATA": "", "XDG_CACHE_HOME": "/c"]).root == "/c/nnq/data")
        #expect(DataCatalog(environment: ["HOME": "/h"]).root == "/h/.cache/nnq/data")
        #expect(DataCatalog(environment: ["HOME": "/h", "NNQ_DATA_MIRROR": "http://m"]).mirror == "http://m")
    }

    @Test func unknownNamesGetHelp() {
        expectError("'mnits'", "Did you mean mnist?", "cifar-10") { _ = try catalog.load("mnits", split: .train) }
        expectError("'fasion_mnist'", "fashion-mnist?") { _ = try catalog.load("fasion_mnist", split: .train) }
        let text = message { _ = try catalog.load("zebrafish-brains", split: .train) }
        #expect(!text.contains("Did you mean"))
        expectError("not there", "nnq data fetch mnist") { _ = try catalog.load("mnist", split: .train) }
        expectError("not there", "optdigits.tra") { _ = try catalog.load("optdigits", split: .train) }
        expectError("absent.csv", "no such file") { _ = try catalog.load("absent.csv", split: .train) }
        expectError("0 samples") { _ = try catalog.load("digits", split: .train, options: LoadOptions(count: 0)) }
        expectError("made here") { try catalog.fetch("digits") }
        expectError("no address") { try catalog.fetch("optdigits") }
        expectError("'mnits'") { try catalog.fetch("mnits") }
    }

    @Test func findsTablesAndFoldersByName() throws {
        try folder.write((0..<20).map { "\($0),\($0 % 2)" }.joined(separator: "\n"), "tabular/iris.csv")
        for name in ["iris", "tabular/iris", folder.path + "/tabular/iris.csv"] {
            let set = try catalog.load(name, split: .test)
            #expect(set.name == "iris" && set.count == 4 && set.sampleShape == [1])
        }
        let few = try catalog.load("iris", split: .train, options: LoadOptions(count: 3))
        #expect(few.count == 3)
        #expect(catalog.listing().contains { $0.name == "tabular/iris" && $0.isPresent })
        expectError("Did you mean iris?") { _ = try catalog.load("irs", split: .train) }
        let other = try folder.write("x", "tabular/notes.txt")
        expectError("notes.txt", "not a data set") { _ = try catalog.load(other, split: .train) }
        expectError("nothing in this folder") { _ = try catalog.load(folder.path + "/tabular", split: .train) }
    }

    @Test func generatedSetsLoad() throws {
        for listing in catalog.listing() where listing.isGenerated {
            #expect(listing.isPresent)
            for split in Split.allCases {
                let set = try catalog.load(listing.name, split: split, options: LoadOptions(count: 30))
                #expect(set.name == listing.name && set.count >= 4)
            }
        }
    }

    @Test func fetchesFromAMirror() throws {
        let server = try LoopbackServer { path, _ in
            path.hasPrefix("/m/mnist/")
                ? LoopbackServer.Answer(body: [1]) : LoopbackServer.Answer(status: "404 Not Found")
        }
        defer { server.stop() }
        let mirrored = DataCatalog(root: folder.path, mirror: server.address + "m")
        expectError("mnist/train-images-idx3-ubyte.gz", "SHA-256") { try mirrored.fetch("mnist") }
        expectError("404") { try mirrored.fetch("mnist", from: server.address + "other") }
        #expect(server.requests == ["/m/mnist/train-images-idx3-ubyte.gz", "/other/train-images-idx3-ubyte.gz"])
    }

    /// The real files, served from the data folder: the sums in the catalogue are right.
    @Test(.enabled(if: RealData.has("mnist"), "mnist is not in the data folder"))
    func fetchesMNIST() throws {
        let source = RealData.catalog.root
        let server = try LoopbackServer { path, first in
            let bytes = FileManager.default.contents(atPath: source + path).map(Array.init) ?? []
            return LoopbackServer.file(bytes, from: first)
        }
        defer { server.stop() }
        let mirrored = DataCatalog(root: folder.path, mirror: server.address)
        try mirrored.fetch("mnist")
        #expect(try mirrored.load("mnist", split: .test).count == 10_000)
        let before = server.requests.count
        try mirrored.fetch("mnist")
        #expect(before == 4 && server.requests.count == 4)
    }
}

@Suite struct ArchiveTests {
    let folder: ScratchFolder
    init() throws { folder = try ScratchFolder() }

    /// A ustar entry.
    private func entry(_ name: String, _ bytes: [UInt8], type: UInt8 = UInt8(ascii: "0")) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ at: Int) {
            header.replaceSubrange(at..<at + text.utf8.count, with: Array(text.utf8))
        }
        put(name, 0)
        put("0000644", 100)
        let size = String(bytes.count, radix: 8)
        put(String(repeating: "0", count: 11 - size.count) + size, 124)
        header[156] = type
        put("ustar", 257)
        put("        ", 148)
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\0 ", 148)
        return header + bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    }

    @Test func takesOutOnlyWhatIsNamed() throws {
        let long = (0..<1500).map { UInt8(truncatingIfNeeded: $0) }
        let end = [UInt8](repeating: 0, count: 1024)
        let archive =
            entry("d/", [], type: UInt8(ascii: "5")) + entry("../../evil", [6]) + entry("d/a.bin", long)
            + entry("d/readme", [1, 2]) + entry("b.bin", []) + end
        let path = try folder.write(try gzip(archive), "x.tar.gz")
        try Tar.extract(path, names: ["a.bin", "b.bin"], to: folder.path)
        #expect(folder.contents == ["a.bin", "b.bin", "x.tar.gz"])
        #expect(FileManager.default.contents(atPath: folder.path + "/a.bin").map(Array.init) == long)
        expectError("does not hold c.bin") { try Tar.extract(path, names: ["c.bin", "a.bin"], to: folder.path) }
        let cut = try folder.write(Array(archive[..<1200]), "cut.tar")
        expectError("cut.tar", "byte 1200") { try Tar.extract(cut, names: ["a.bin"], to: folder.path) }
        var damaged = archive
        damaged[512 + 3] ^= 1
        let bad = try folder.write(damaged, "bad.tar")
        expectError("no archive header", "byte 512") { try Tar.extract(bad, names: ["a.bin"], to: folder.path) }
    }
}
