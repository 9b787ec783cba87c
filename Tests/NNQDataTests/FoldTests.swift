// SPDX-License-Identifier: Apache-2.0
// Held-out parts and folds: every sample once, each class alike, by seed. Cutout, pixel by pixel.

import NNQBase
import NNQData
import Testing

@Suite struct FoldTests {
    private func skewed(_ counts: [Int]) throws -> FloatDataset {
        let labels = counts.enumerated().flatMap { Array(repeating: Int32($0.offset), count: $0.element) }
        return try FloatDataset(
            name: "skewed", shape: [1], values: labels.map { Float($0) }, classes: counts.indices.map { "\($0)" },
            labels: labels)
    }

    @Test(arguments: [[10, 10], [97, 3, 0, 20], [1, 1, 1, 1, 1], [1000, 17]])
    func partsAreStratified(counts: [Int]) throws {
        let data = try skewed(counts)
        for (share, seed) in [(0.1, 1), (0.25, 2), (0.5, 3), (0.9, 4)] as [(Double, UInt64)] {
            let (rest, held) = try holdOut(data, share: share, seed: seed)
            #expect((rest.indices + held.indices).sorted() == Array(0..<data.count))
            let wanted = (Double(data.count) * share).rounded()
            #expect(Double(held.count) == max(1, min(Double(data.count - 1), wanted)))
            for (count, part) in zip(counts, held.classHistogram()) {
                #expect(abs(Double(part) - Double(count) * share) <= 1.5, "\(counts) \(share)")
            }
            #expect(try holdOut(data, share: share, seed: seed).held.indices == held.indices)
        }
        for folds in [2, 3, 5] where folds <= data.count {
            let parts = try stratifiedFolds(data, count: folds, seed: 9)
            #expect(parts.joined().sorted() == Array(0..<data.count))
            for (label, count) in counts.enumerated() {
                let sizes = parts.map { $0.filter { data.label($0) == label }.count }
                #expect(sizes.max()! - sizes.min()! <= 1 && sizes.reduce(0, +) == count)
            }
            let sizes = parts.map(\.count)
            #expect(sizes.max()! - sizes.min()! <= 1)
        }
    }

    @Test func seedsDiffer() throws {
        let data = try skewed([50, 50])
        #expect(
            try holdOut(data, share: 0.2, seed: 1).held.indices != holdOut(data, share: 0.2, seed: 2).held.indices)
        #expect(throws: DataError.self) { try holdOut(data, share: 1, seed: 1) }
        #expect(throws: DataError.self) { try stratifiedFolds(data, count: 101, seed: 1) }
        #expect(throws: DataError.self) { try stratifiedFolds(data, count: 1, seed: 1) }
    }

    @Test(arguments: [1, 2, 4, 5]) func cutoutBlanksASquare(side: Int) throws {
        let pixels = (0..<300 * 42).map { UInt8(1 + $0 % 250) }
        let data = try ByteDataset(
            name: "grid", shape: [6, 7, 1], classes: ["one"], pixels: pixels, labels: Array(repeating: 0, count: 300))
        var batches = try Batches(
            data, batchSize: 300, seed: 5, shuffle: false, normalization: Normalization(mean: [0], std: [1]),
            augmentation: Augmentation(cutout: side))
        var values = [Float](repeating: -1, count: 300 * 42)
        var labels = [Int32](repeating: 0, count: 300)
        values.withUnsafeMutableBufferPointer { values in
            labels.withUnsafeMutableBufferPointer { _ = batches.next(into: values, labels: $0) }
        }
        var centres = Set<[Int]>()
        for sample in 0..<300 {
            let image = values[sample * 42..<(sample + 1) * 42]
            for (place, value) in image.enumerated() where value != 0 {
                #expect(value == Float(pixels[sample * 42 + place]))
            }
            let blank = image.enumerated().filter { $0.element == 0 }.map { ($0.offset / 7, $0.offset % 7) }
            let rows = Set(blank.map(\.0)).sorted()
            let columns = Set(blank.map(\.1)).sorted()
            #expect(blank.count == rows.count * columns.count && rows.count <= side && columns.count <= side)
            #expect(rows.last! - rows.first! + 1 == rows.count && columns.last! - columns.first! + 1 == columns.count)
            // Only the edge cuts a square short.
            #expect(rows.count == side || rows.first == 0 || rows.last == 5)
            #expect(columns.count == side || columns.first == 0 || columns.last == 6)
            centres.insert([rows.first!, rows.last!, columns.first!, columns.last!])
        }
        #expect(centres.count > 20)
    }
}
