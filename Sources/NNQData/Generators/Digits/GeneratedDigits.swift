// SPDX-License-Identifier: Apache-2.0
// Any number of handwritten-looking digits from a seed, in MNIST's format.

import NNQBase

import Dispatch

/// Digits written by a pen of our own: 28x28 bytes, white on black, fitted and centred as MNIST's are.
///
/// Picture i depends on (seed, split, i) alone, is the same bytes on every machine, and shows the digit i mod 10.
public enum GeneratedDigits {
    public static let classes = (0..<10).map(String.init)

    /// Writes picture `index` to `output` (784 bytes, row after row).
    public static func draw(
        index: Int, split: Split, seed: UInt64, into output: UnsafeMutableBufferPointer<UInt8>
    ) {
        precondition(output.count >= DigitRaster.side * DigitRaster.side)
        var writer = Writer()
        writer.write(index, split, seed, into: output.baseAddress!)
    }

    /// The first `count` pictures of `split`, made on all cores.
    public static func make(_ split: Split, count: Int, seed: UInt64 = 1) throws(DataError) -> ByteDataset {
        let side = DigitRaster.side
        let pixels = makeInParallel(count: count, size: side * side) { range, output in
            var writer = Writer()
            for index in range { writer.write(index, split, seed, into: output + index * side * side) }
        }
        return try ByteDataset(
            name: "digits", shape: [side, side, 1], classes: classes, pixels: pixels,
            labels: (0..<max(0, count)).map { UInt16($0 % 10) })
    }

    private struct Writer {
        var pen = DigitPen()
        var raster = DigitRaster()

        mutating func write(_ index: Int, _ split: Split, _ seed: UInt64, into output: UnsafeMutablePointer<UInt8>) {
            var rng = Rng(seed: seed, stream: split == .train ? 0xd161_7501 : 0xd161_7502, UInt64(index))
            pen.write(index % 10, &rng)
            raster.draw(pen.ink, &rng, into: output)
        }
    }
}

/// `count` samples of `size` bytes, made in ranges on all cores; `body` writes the samples of its range only.
func makeInParallel(
    count: Int, size: Int, _ body: @Sendable (Range<Int>, UnsafeMutablePointer<UInt8>) -> Void
) -> [UInt8] {
    let chunk = 256
    let total = max(0, count)
    return [UInt8](unsafeUninitializedCapacity: total * size) { buffer, filled in
        if total > 0 {
            nonisolated(unsafe) let start = buffer.baseAddress!
            DispatchQueue.concurrentPerform(iterations: (total + chunk - 1) / chunk) { part in
                body(part * chunk..<min(total, (part + 1) * chunk), start)
            }
        }
        filled = total * size
    }
}
