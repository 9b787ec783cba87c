// SPDX-License-Identifier: Apache-2.0
// The IDX files of MNIST and its relatives, plain or .gz: bytes with their dimensions in front.

import Foundation

/// An IDX file of unsigned bytes (http://yann.lecun.com/exdb/mnist/): 0, 0, type, rank, big-endian sizes, values.
public struct IDXFile: Sendable, Equatable {
    /// Sizes, outermost first; none is zero.
    public let dimensions: [Int]
    /// The values, last dimension fastest.
    public let bytes: [UInt8]

    /// Reads `path` whole. Anything but a complete IDX file of unsigned bytes throws.
    public init(path: String) throws(DataError) {
        var file = try InputFile(path)
        let magic = try file.read(4, "the IDX magic number")
        guard magic[0] == 0, magic[1] == 0, (1...4).contains(magic[3]) else {
            throw DataError(
                "this is not an IDX file: it begins with \(magic.map { hex($0) }.joined(separator: " ")), not 00 00 08",
                path: path, byte: 0, remedy: "Give an IDX file, plain or .gz")
        }
        guard magic[2] == 0x08 else {
            throw DataError(
                "IDX values of type 0x\(hex(magic[2])) are not supported, only unsigned bytes (0x08)",
                path: path, byte: 2)
        }
        let header = try file.read(4 * Int(magic[3]), "the IDX dimensions")
        let dimensions = (0..<Int(magic[3])).map { bigEndian32(header, 4 * $0) }
        guard let size = boundedProduct(dimensions) else {
            throw DataError(
                "the dimensions \(dimensions) are empty or too large", path: path, byte: 4,
                remedy: "The header is damaged; fetch or copy the file again")
        }
        self.dimensions = dimensions
        self.bytes = try file.read(size, "the values of \(dimensions)")
        try file.expectEnd(after: "the \(size) values that the header announces")
    }
}

extension ByteDataset {
    /// Reads a pair of IDX files: images `[n, h, w]` or `[n, h, w, c]`, labels `[n]`.
    ///
    /// Without `classes` the classes are called 0, 1, ... up to the largest label.
    public static func idx(
        name: String, images: String, labels: String, classes: [String]? = nil
    ) throws(DataError) -> ByteDataset {
        let pictures = try IDXFile(path: images)
        guard pictures.dimensions.count >= 3 else {
            throw DataError(
                "images have 3 or 4 dimensions, this file has \(pictures.dimensions.count)", path: images, byte: 3,
                remedy: "Give the images' file, not the labels'")
        }
        let marks = try IDXFile(path: labels)
        guard marks.dimensions.count == 1 else {
            throw DataError(
                "labels have one dimension, this file has \(marks.dimensions.count)", path: labels, byte: 3,
                remedy: "Give the labels' file, not the images'")
        }
        guard marks.dimensions[0] == pictures.dimensions[0] else {
            throw DataError(
                "\(marks.dimensions[0]) labels for \(pictures.dimensions[0]) images in \(images)", path: labels,
                byte: 4, remedy: "Use two files of one set")
        }
        let names = classes ?? (0...Int(marks.bytes.max() ?? 0)).map(String.init)
        if let bad = marks.bytes.firstIndex(where: { Int($0) >= names.count }) {
            throw DataError(
                "label \(marks.bytes[bad]) of image \(bad), but there are \(names.count) classes", path: labels,
                byte: 8 + bad)
        }
        var shape = Array(pictures.dimensions.dropFirst())
        if shape.count == 2 { shape.append(1) }
        return try ByteDataset(
            name: name, shape: shape, classes: names, pixels: pictures.bytes, labels: marks.bytes.map(UInt16.init))
    }

    /// Reads an IDX folder in MNIST's naming: `train-` or `t10k-` `images-idx3-ubyte` and `labels-idx1-ubyte`, plain
    /// or .gz.
    public static func idxFolder(
        name: String, folder: String, split: Split, classes: [String]? = nil
    ) throws(DataError) -> ByteDataset {
        let prefix = split == .train ? "train" : "t10k"
        let images = try findIDX(folder, "\(prefix)-images", "idx3-ubyte")
        let labels = try findIDX(folder, "\(prefix)-labels", "idx1-ubyte")
        var names = classes
        if names == nil, split == .test, let training = try? findIDX(folder, "train-labels", "idx1-ubyte") {
            let largest = max(try IDXFile(path: training).bytes.max() ?? 0, try IDXFile(path: labels).bytes.max() ?? 0)
            names = (0...Int(largest)).map(String.init)
        }
        return try idx(name: name, images: images, labels: labels, classes: names)
    }

    /// True if `folder` holds images in MNIST's naming.
    static func isIDXFolder(_ folder: String) -> Bool {
        (try? findIDX(folder, "train-images", "idx3-ubyte")) != nil
            || (try? findIDX(folder, "t10k-images", "idx3-ubyte")) != nil
    }

    private static func findIDX(_ folder: String, _ stem: String, _ kind: String) throws(DataError) -> String {
        for name in ["\(stem)-\(kind)", "\(stem).\(kind)"] {
            for ending in ["", ".gz"] where FileManager.default.fileExists(atPath: "\(folder)/\(name)\(ending)") {
                return "\(folder)/\(name)\(ending)"
            }
        }
        throw DataError(
            "neither \(stem)-\(kind) nor \(stem)-\(kind).gz is there", path: folder,
            remedy: "Fetch the set, or give the folder that holds its files")
    }
}

/// Two hexadecimal digits.
func hex(_ byte: UInt8) -> String { String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }
