// SPDX-License-Identifier: Apache-2.0
// Writes one sample, augmented and normalised, as floats: the inner loops of batching.

import NNQBase

/// Normalises samples of one data set into float buffers; bytes go through a table of 256 floats per channel.
struct SampleFiller: Sendable {
    private let height: Int
    private let width: Int
    private let channels: Int
    private let size: Int
    private let mean: [Float]
    private let std: [Float]
    /// `[256][channels]` normalised values of bytes; empty for float data.
    private let table: [Float]

    init(_ dataset: any Dataset, _ normalization: Normalization) throws(DataError) {
        let shape = dataset.sampleShape
        channels = dataset.channels
        size = dataset.sampleSize
        height = shape.count == 3 ? shape[0] : 1
        width = shape.count == 3 ? shape[1] : size / channels
        let expanded = try normalization.expanded(to: channels)
        mean = expanded.mean
        std = expanded.std
        var table: [Float] = []
        if dataset.isByteImage {
            for value in 0..<256 {
                for c in 0..<channels { table.append((Float(value) - expanded.mean[c]) / expanded.std[c]) }
            }
        }
        self.table = table
    }

    /// Writes sample `index` to `output[0..<sampleSize]`.
    func fill(
        _ dataset: any Dataset, _ index: Int, _ draw: Augmentation.Draw, into output: UnsafeMutablePointer<Float>
    ) {
        place(dataset, index, draw, into: output)
        for y in draw.blankRows {
            let row = output + (y * width + draw.blankColumns.lowerBound) * channels
            row.update(repeating: 0, count: draw.blankColumns.count * channels)
        }
    }

    private func place(
        _ dataset: any Dataset, _ index: Int, _ draw: Augmentation.Draw, into output: UnsafeMutablePointer<Float>
    ) {
        let wasBytes = dataset.withSampleBytes(index) { bytes in
            table.withUnsafeBufferPointer { table in
                if draw.isIdentity {
                    look(up: bytes.baseAddress!, in: table.baseAddress!, count: size / channels, into: output)
                } else {
                    move(bytes.baseAddress!, draw, table.baseAddress!, into: output)
                }
            }
        }
        if wasBytes { return }
        let buffer = UnsafeMutableBufferPointer(start: output, count: size)
        dataset.copySample(index, into: buffer)
        if !draw.isIdentity { move(floats: buffer, draw) }
        normalize(buffer)
    }

    /// `count` pixels through the table.
    @inline(__always)
    private func look(
        up bytes: UnsafePointer<UInt8>, in table: UnsafePointer<Float>, count: Int,
        into output: UnsafeMutablePointer<Float>
    ) {
        switch channels {
        case 1:
            for i in 0..<count { output[i] = table[Int(bytes[i])] }
        case 3:
            for i in 0..<count {
                output[3 * i] = table[3 * Int(bytes[3 * i])]
                output[3 * i + 1] = table[3 * Int(bytes[3 * i + 1]) + 1]
                output[3 * i + 2] = table[3 * Int(bytes[3 * i + 2]) + 2]
            }
        default:
            for i in 0..<count {
                for c in 0..<channels { output[channels * i + c] = table[channels * Int(bytes[channels * i + c]) + c] }
            }
        }
    }

    /// Shifted and mirrored: per row, a border of zeros, the part that lies inside, a border of zeros.
    private func move(
        _ bytes: UnsafePointer<UInt8>, _ draw: Augmentation.Draw, _ table: UnsafePointer<Float>,
        into output: UnsafeMutablePointer<Float>
    ) {
        // Output column x shows input column x + dx, or width - 1 - x + dx where mirrored.
        let first = draw.mirrored ? draw.dx : -draw.dx
        let inside = max(0, min(width, first))..<max(0, min(width, first + width))
        for y in 0..<height {
            let row = output + y * width * channels
            let from = y + draw.dy
            guard from >= 0 && from < height && !inside.isEmpty else {
                border(0..<width, table, row)
                continue
            }
            border(0..<inside.lowerBound, table, row)
            border(inside.upperBound..<width, table, row)
            let source = bytes + from * width * channels
            if !draw.mirrored {
                look(
                    up: source + (inside.lowerBound + draw.dx) * channels, in: table, count: inside.count,
                    into: row + inside.lowerBound * channels)
                continue
            }
            for x in inside {
                look(
                    up: source + (width - 1 - x + draw.dx) * channels, in: table, count: 1, into: row + x * channels)
            }
        }
    }

    private func border(_ columns: Range<Int>, _ table: UnsafePointer<Float>, _ row: UnsafeMutablePointer<Float>) {
        for x in columns { for c in 0..<channels { row[x * channels + c] = table[c] } }
    }

    private func move(floats buffer: UnsafeMutableBufferPointer<Float>, _ draw: Augmentation.Draw) {
        let source = Array(buffer)
        for y in 0..<height {
            for x in 0..<width {
                let fromY = y + draw.dy
                let fromX = (draw.mirrored ? width - 1 - x : x) + draw.dx
                let inside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width
                for c in 0..<channels {
                    buffer[(y * width + x) * channels + c] =
                        inside ? source[(fromY * width + fromX) * channels + c] : 0
                }
            }
        }
    }

    private func normalize(_ buffer: UnsafeMutableBufferPointer<Float>) {
        mean.withUnsafeBufferPointer { mean in
            std.withUnsafeBufferPointer { std in
                for start in stride(from: 0, to: size, by: channels) {
                    for c in 0..<channels { buffer[start + c] = (buffer[start + c] - mean[c]) / std[c] }
                }
            }
        }
    }
}
