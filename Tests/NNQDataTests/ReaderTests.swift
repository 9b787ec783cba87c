// SPDX-License-Identifier: Apache-2.0
// IDX and CIFAR-10 files: what is read from good ones, what is said of damaged ones.

import Foundation
import NNQData
import Testing

@Suite struct IDXTests {
    let folder: ScratchFolder
    init() throws { folder = try ScratchFolder() }

    private func pair(images: [UInt8], labels: [UInt8]) throws -> (String, String) {
        (try folder.write(images, "images"), try folder.write(labels, "labels"))
    }

    @Test(arguments: [false, true]) func readsPlainAndGzip(compressed: Bool) throws {
        let pixels = (0..<24).map { UInt8($0 * 10) }
        var images = idx([2, 3, 4], pixels)
        var labels = idx([2], [7, 3])
        if compressed { (images, labels) = (try gzip(images), try gzip(labels)) }
        let (imagesPath, labelsPath) = try pair(images: images, labels: labels)
        let set = try ByteDataset.idx(name: "x", images: imagesPath, labels: labelsPath)
        #expect(set.count == 2)
        #expect(set.sampleShape == [3, 4, 1])
        #expect(set.classNames?.count == 8)
        #expect((0..<2).map(set.label) == [7, 3])
        #expect(set.sample(1) == pixels[12...].map { Float($0) })
        #expect(set.targetValues(1) == [0, 0, 0, 1, 0, 0, 0, 0])
        #expect(set.isByteImage && set.rawRange == 0...255)
    }

    @Test func refusesEveryTruncation() throws {
        let whole = idx([2, 3, 4], [UInt8](repeating: 9, count: 24))
        for length in 0..<whole.count {
            let path = try folder.write(Array(whole[..<length]), "cut")
            expectError("cut", "at byte \(length)", "again") { _ = try IDXFile(path: path) }
        }
        #expect(try IDXFile(path: folder.write(whole, "whole")).bytes.count == 24)
    }

    @Test func refusesTruncatedGzip() throws {
        let whole = try gzip(idx([1, 40, 40], (0..<1600).map { UInt8(truncatingIfNeeded: $0 * $0 / 7) }))
        for length in [0, 1, 5, 18, whole.count / 2, whole.count - 9, whole.count - 1] {
            let path = try folder.write(Array(whole[..<length]), "cut.gz")
            expectError("cut.gz", "byte") { _ = try IDXFile(path: path) }
        }
        var damaged = whole
        damaged[whole.count - 6] ^= 1
        let path = try folder.write(damaged, "damaged.gz")
        expectError("damaged", "gzip") { _ = try IDXFile(path: path) }
    }

    @Test func refusesWrongHeaders() throws {
        func read(_ bytes: [UInt8]) throws { _ = try IDXFile(path: folder.write(bytes, "x.idx")) }
        expectError("not an IDX file", "89 50 4e 47", "byte 0") { try read([0x89, 0x50, 0x4e, 0x47]) }
        expectError("0x0d", "byte 2") { try read([0, 0, 0x0d, 1, 0, 0, 0, 1, 0, 0, 0, 0]) }
        expectError("[0, 28, 28]", "byte 4") { try read(idx([0, 28, 28], [])) }
        expectError("too large") { try read(idx([0xffff_ffff, 0xffff_ffff, 0xffff_ffff], [])) }
        expectError("ends inside", "3 are there") { try read(idx([1 << 24, 28, 28], [1, 2, 3])) }
        expectError("more bytes follow", "byte 10") { try read(idx([2], [1, 2, 3])) }
        expectError("No such file", "spelling") { _ = try IDXFile(path: folder.path + "/absent") }
        expectError("folder") { _ = try IDXFile(path: folder.path) }
    }

    @Test func refusesPairsThatDisagree() throws {
        func read(_ images: [UInt8], _ labels: [UInt8], _ classes: [String]? = nil) throws {
            let (a, b) = try pair(images: images, labels: labels)
            _ = try ByteDataset.idx(name: "x", images: a, labels: b, classes: classes)
        }
        let images = idx([2, 1, 1], [1, 2])
        expectError("3 labels for 2 images") { try read(images, idx([3], [0, 1, 2])) }
        expectError("images have 3 or 4 dimensions") { try read(idx([2], [0, 1]), idx([2], [0, 1])) }
        expectError("labels have one dimension") { try read(images, images) }
        expectError("label 9 of image 1", "byte 9") { try read(images, idx([2], [0, 9]), ["a", "b"]) }
    }

    @Test func findsFilesInAFolder() throws {
        try folder.write(idx([2, 1, 1], [1, 2]), "train-images-idx3-ubyte")
        try folder.write(try gzip(idx([2], [0, 5])), "train-labels-idx1-ubyte.gz")
        try folder.write(idx([1, 1, 1], [8]), "t10k-images.idx3-ubyte")
        try folder.write(idx([1], [2]), "t10k-labels-idx1-ubyte")
        let test = try ByteDataset.idxFolder(name: "x", folder: folder.path, split: .test)
        #expect(test.classNames?.count == 6)
        #expect(try ByteDataset.idxFolder(name: "x", folder: folder.path, split: .train).count == 2)
        try FileManager.default.removeItem(atPath: folder.path + "/t10k-labels-idx1-ubyte")
        expectError("t10k-labels-idx1-ubyte.gz") {
            _ = try ByteDataset.idxFolder(name: "x", folder: folder.path, split: .test)
        }
    }
}

@Suite struct CIFAR10Tests {
    let folder: ScratchFolder
    init() throws { folder = try ScratchFolder() }

    private func record(_ label: UInt8, _ seed: Int) -> [UInt8] {
        [label] + (0..<3072).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 / 1024 &+ seed) }
    }

    @Test func interleavesPlanes() throws {
        let records = [record(3, 0), record(9, 5)]
        let path = try folder.write(records.flatMap { $0 }, "test_batch.bin")
        let set = try CIFAR10.read(files: [path, path])
        #expect(set.count == 4)
        #expect(set.sampleShape == [32, 32, 3])
        #expect((0..<4).map(set.label) == [3, 9, 3, 9])
        for (index, source) in records.enumerated() {
            let sample = set.sample(index)
            for pixel in 0..<1024 {
                for c in 0..<3 { #expect(sample[3 * pixel + c] == Float(source[1 + 1024 * c + pixel])) }
            }
        }
    }

    @Test func refusesDamage() throws {
        func read(_ bytes: [UInt8]) throws { _ = try CIFAR10.read(files: [folder.write(bytes, "b.bin")]) }
        expectError("cut off", "3072 of 3073", "byte 6145") {
            try read(Array((record(1, 0) + record(2, 0)).dropLast()))
        }
        expectError("label 10", "byte 3073") { try read(record(1, 0) + record(10, 0)) }
        expectError("empty") { try read([]) }
        expectError("test_batch.bin", "No such file") { _ = try CIFAR10.read(folder: folder.path, split: .test) }
    }
}
