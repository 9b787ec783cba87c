// SPDX-License-Identifier: Apache-2.0
// Pictures: PNG and JPEG files, scaling, folders of them.

import CTurboJPEG
import Foundation
import NNQData
import Testing

/// A JPEG file of `picture`, best quality, colours not subsampled.
private func jpeg(_ picture: Picture) -> [UInt8] {
    let encoder = tjInitCompress()
    defer { tjDestroy(encoder) }
    var buffer: UnsafeMutablePointer<UInt8>?
    var size: UInt = 0
    let grey = picture.channels == 1
    let format = Int32((grey ? TJPF_GRAY : TJPF_RGB).rawValue)
    let sampling = Int32((grey ? TJSAMP_GRAY : TJSAMP_444).rawValue)
    let status = tjCompress2(
        encoder, picture.pixels, Int32(picture.width), 0, Int32(picture.height), format, &buffer, &size, sampling, 100,
        0)
    #expect(status == 0)
    defer { tjFree(buffer) }
    return Array(UnsafeBufferPointer(start: buffer, count: Int(size)))
}

private func gradient(_ height: Int, _ width: Int, _ channels: Int) -> Picture {
    let pixels = (0..<height * width * channels).map { UInt8(truncatingIfNeeded: $0 * 3 / channels) }
    return Picture(height: height, width: width, channels: channels, pixels: pixels)
}

@Suite struct ImageFileTests {
    let folder: ScratchFolder
    init() throws { folder = try ScratchFolder() }

    @Test(arguments: [1, 3]) func pngRoundTrip(channels: Int) throws {
        let picture = gradient(5, 7, channels)
        let path = folder.path + "/p.png"
        try ImageFile.writePNG(picture, to: path)
        #expect(try ImageFile.read(path) == picture)
        #expect(folder.contents == ["p.png"])
        let other = try ImageFile.read(path, channels: 4 - channels)
        #expect(other.channels == 4 - channels && other.height == 5 && other.width == 7)
        if channels == 1 { #expect(other.pixels == picture.pixels.flatMap { [$0, $0, $0] }) }
    }

    @Test(arguments: [1, 3]) func readsJPEG(channels: Int) throws {
        let picture = gradient(16, 24, channels)
        let path = try folder.write(jpeg(picture), "p.jpg")
        let read = try ImageFile.read(path)
        #expect(read.height == 16 && read.width == 24 && read.channels == channels)
        let worst = zip(read.pixels, picture.pixels).map { abs(Int($0) - Int($1)) }.max()!
        #expect(worst <= 6)
        #expect(try ImageFile.read(path, channels: 1, height: 4, width: 6).pixels.count == 24)
    }

    @Test func refusesDamage() throws {
        let path = folder.path + "/p.png"
        try ImageFile.writePNG(gradient(9, 9, 3), to: path)
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        for length in stride(from: 0, to: whole.count - 12, by: 7) {
            let cut = try folder.write(Array(whole[..<length]), "cut.png")
            expectError("cut.png") { _ = try ImageFile.read(cut) }
        }
        let photograph = jpeg(gradient(32, 32, 3))
        for length in stride(from: 2, to: photograph.count - 2, by: 31) {
            let cut = try folder.write(Array(photograph[..<length]), "cut.jpg")
            expectError("cut.jpg", "JPEG") { _ = try ImageFile.read(cut) }
        }
        var huge = whole
        huge.replaceSubrange(16..<24, with: [0x40, 0, 0, 0, 0x40, 0, 0, 0])
        let claim = try folder.write(huge, "huge.png")
        expectError("huge.png") { _ = try ImageFile.read(claim) }
        let text = try folder.write("hello", "x.png")
        expectError("neither a PNG nor a JPEG") { _ = try ImageFile.read(text) }
        expectError("No such file") { _ = try ImageFile.read(folder.path + "/absent.png") }
        expectError("absent/x.png", "write") {
            try ImageFile.writePNG(gradient(1, 1, 1), to: folder.path + "/absent/x.png")
        }
    }

    /// The definition in floating point: the mean over the area, weighted by overlap.
    @Test func scalingAveragesAreas() {
        let picture = gradient(7, 5, 3)
        for (height, width) in [(7, 5), (3, 2), (1, 1), (14, 11), (4, 9)] {
            let scaled = picture.scaled(height: height, width: width)
            for y in 0..<height {
                for x in 0..<width {
                    for c in 0..<3 {
                        let (top, bottom) = (Double(y) * 7 / Double(height), Double(y + 1) * 7 / Double(height))
                        let (left, right) = (Double(x) * 5 / Double(width), Double(x + 1) * 5 / Double(width))
                        var sum = 0.0
                        for row in 0..<7 {
                            for column in 0..<5 {
                                let h = max(0, min(bottom, Double(row + 1)) - max(top, Double(row)))
                                let w = max(0, min(right, Double(column + 1)) - max(left, Double(column)))
                                sum += h * w * Double(picture.pixels[(row * 5 + column) * 3 + c])
                            }
                        }
                        let mean = sum / ((bottom - top) * (right - left))
                        let got = Double(scaled.pixels[(y * width + x) * 3 + c])
                        #expect(abs(got - mean) <= 0.5 + 1e-9)
                    }
                }
            }
        }
    }
}

@Suite struct ImageFolderTests {
    let folder: ScratchFolder
    init() throws { folder = try ScratchFolder() }

    private func put(_ name: String, _ grey: UInt8, height: Int = 2, width: Int = 3) throws {
        let path = "\(folder.path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        let pixels = [UInt8](repeating: grey, count: height * width)
        try ImageFile.writePNG(Picture(height: height, width: width, channels: 1, pixels: pixels), to: path)
    }

    @Test func foldersAreClasses() throws {
        for i in 0..<6 { try put("dog/\(i).png", UInt8(i)) }
        for i in 0..<4 { try put("cat/\(i).PNG", UInt8(100 + i)) }
        try folder.write("not a picture", "notes/readme.txt")
        let train = try ByteDataset.imageFolder(name: "pets", folder: folder.path, split: .train, testShare: 0.3)
        let test = try ByteDataset.imageFolder(name: "pets", folder: folder.path, split: .test, testShare: 0.3)
        #expect(train.count == 7 && test.count == 3)
        #expect(train.classNames == ["cat", "dog"])
        var seen: [Float] = []
        for set in [train, test] {
            for i in 0..<set.count {
                let value = set.sample(i)[0]
                seen.append(value)
                #expect(set.label(i) == (value >= 100 ? 0 : 1))
            }
        }
        #expect(seen.sorted() == [0, 1, 2, 3, 4, 5, 100, 101, 102, 103])
        let loaded = try DataCatalog(root: "/nowhere").load(folder.path, split: .train)
        #expect(loaded.sampleShape == [2, 3, 1])
    }

    @Test func trainAndTestFolders() throws {
        try put("train/a/1.png", 1)
        try put("train/b/1.png", 2)
        try put("test/b/1.png", 3)
        let test = try ByteDataset.imageFolder(name: "x", folder: folder.path, split: .test)
        #expect(test.count == 1 && test.label(0) == 1 && test.classNames == ["a", "b"])
        #expect(try ByteDataset.imageFolder(name: "x", folder: folder.path, split: .train).count == 2)
    }

    @Test func sizesMustAgreeOrAreScaled() throws {
        try put("a/1.png", 1)
        try put("b/1.png", 9, height: 4, width: 6)
        expectError("6x4", "3x2", "size") {
            _ = try ByteDataset.imageFolder(name: "x", folder: folder.path, split: .train)
        }
        let options = ImageOptions(channels: 3, height: 1, width: 1)
        let set = try ByteDataset.imageFolder(name: "x", folder: folder.path, split: .train, options: options)
        #expect(set.sampleShape == [1, 1, 3])
        expectError("no PNG or JPEG") {
            _ = try ByteDataset.imageFolder(name: "x", folder: folder.path + "/a", split: .train)
        }
    }
}
