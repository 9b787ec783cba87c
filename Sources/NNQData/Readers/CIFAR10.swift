// SPDX-License-Identifier: Apache-2.0
// CIFAR-10's binary batches: a label byte, then the red, green and blue planes of a 32x32 image.

import Foundation

/// The binary version of CIFAR-10 (Krizhevsky, "Learning multiple layers of features from tiny images", 2009).
public enum CIFAR10 {
    public static let classes = [
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ]
    static let plane = 32 * 32
    static let record = 1 + 3 * plane

    /// Names of the files that hold `split`.
    public static func files(_ split: Split) -> [String] {
        split == .train ? (1...5).map { "data_batch_\($0).bin" } : ["test_batch.bin"]
    }

    /// Reads all batches of `split` in `folder` as `[32, 32, 3]` bytes, colours innermost.
    public static func read(folder: String, split: Split) throws(DataError) -> ByteDataset {
        try read(files: files(split).map { "\(folder)/\($0)" })
    }

    /// Reads batches from `files`, each a whole number of records.
    public static func read(files: [String]) throws(DataError) -> ByteDataset {
        var pixels: [UInt8] = []
        var labels: [UInt16] = []
        for path in files { try append(path, &pixels, &labels) }
        return try ByteDataset(name: "cifar-10", shape: [32, 32, 3], classes: classes, pixels: pixels, labels: labels)
    }

    private static func append(_ path: String, _ pixels: inout [UInt8], _ labels: inout [UInt16]) throws(DataError) {
        var file = try InputFile(path)
        let before = labels.count
        while true {
            let start = file.position
            let bytes = try file.readUpTo(record * 1000)
            guard bytes.count % record == 0 else {
                throw DataError(
                    "the last record is cut off: \(bytes.count % record) of \(record) bytes", path: path,
                    byte: start + bytes.count, remedy: "Fetch or copy the file again")
            }
            for first in stride(from: 0, to: bytes.count, by: record) {
                guard Int(bytes[first]) < classes.count else {
                    throw DataError(
                        "label \(bytes[first]) is not one of 0 to 9", path: path, byte: start + first,
                        remedy: "Give a file of CIFAR-10's binary version")
                }
                labels.append(UInt16(bytes[first]))
            }
            interleave(bytes, into: &pixels)
            if bytes.count < record * 1000 { break }
        }
        guard labels.count > before else {
            throw DataError("the file is empty", path: path, byte: 0, remedy: "Fetch or copy the file again")
        }
    }

    /// Planes R, G, B of every record to pixels R G B, R G B, ...
    private static func interleave(_ records: [UInt8], into pixels: inout [UInt8]) {
        let count = records.count / record
        let images = [UInt8](unsafeUninitializedCapacity: count * 3 * plane) { output, filled in
            records.withUnsafeBufferPointer { input in
                for image in 0..<count {
                    let from = image * record + 1
                    let to = image * 3 * plane
                    for i in 0..<plane {
                        output[to + 3 * i] = input[from + i]
                        output[to + 3 * i + 1] = input[from + plane + i]
                        output[to + 3 * i + 2] = input[from + 2 * plane + i]
                    }
                }
            }
            filled = count * 3 * plane
        }
        pixels += images
    }
}
