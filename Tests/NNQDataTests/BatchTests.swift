// SPDX-License-Identifier: Apache-2.0
// Batches: order, resuming, normalisation, augmentation against its definition.

import Foundation
import NNQBase
import NNQData
import Testing

/// Numbered pictures: pixel p of image i, channel c is a hash of all three.
private func numbered(_ count: Int, height: Int = 5, width: Int = 4, channels: Int = 3) throws -> ByteDataset {
    let size = height * width * channels
    let pixels = (0..<count * size).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
    return try ByteDataset(
        name: "numbered", shape: [height, width, channels], classes: ["a", "b", "c"], pixels: pixels,
        labels: (0..<count).map { UInt16($0 % 3) })
}

/// The next batch as arrays.
private func take(_ batches: inout Batches) -> (inputs: [Float], labels: [Int32]) {
    var inputs = [Float](repeating: .nan, count: batches.batchSize * batches.dataset.sampleSize)
    var labels = [Int32](repeating: -1, count: batches.batchSize)
    let filled = inputs.withUnsafeMutableBufferPointer { inputs in
        labels.withUnsafeMutableBufferPointer { labels in batches.next(into: inputs, labels: labels) }
    }
    return (Array(inputs[..<(filled * batches.dataset.sampleSize)]), Array(labels[..<filled]))
}

@Suite struct BatchTests {
    @Test func everySampleOncePerEpoch() throws {
        let set = try numbered(23)
        var batches = try Batches(set, batchSize: 8, seed: 3)
        #expect(batches.batchesPerEpoch == 3)
        var orders: [[Int32]] = []
        for epoch in 0..<3 {
            let order = batches.sampleOrder(epoch: epoch)
            #expect(order.sorted() == Array(0..<23))
            var seen = 0
            for batch in 0..<3 {
                #expect(batches.position == BatchPosition(seed: 3, epoch: epoch, batch: batch))
                let (inputs, labels) = take(&batches)
                #expect(labels.count == batches.size(ofBatch: batch))
                for (row, label) in labels.enumerated() {
                    let index = Int(order[seen])
                    #expect(label == Int32(set.label(index)))
                    #expect(Array(inputs[row * 60..<row * 60 + 60]) == set.sample(index))
                    seen += 1
                }
            }
            #expect(seen == 23)
            orders.append(order)
        }
        #expect(Set(orders).count == 3)
        #expect(try Batches(set, batchSize: 8, seed: 4).sampleOrder(epoch: 0) != orders[0])
        #expect(try Batches(set, batchSize: 8, shuffle: false).sampleOrder(epoch: 5) == Array(0..<23))
        #expect(try Batches(set, batchSize: 8, dropLast: true).batchesPerEpoch == 2)
    }

    /// The order is part of what a seed means: it must not change between versions or machines.
    @Test func orderIsGolden() throws {
        let order = try Batches(numbered(10), batchSize: 1, seed: 1).sampleOrder(epoch: 0)
        #expect(order == [0, 7, 9, 3, 6, 2, 8, 4, 1, 5])
    }

    @Test func resumesExactly() throws {
        let augmentation = Augmentation(flip: true, crop: 1, shift: 2)
        let set = try numbered(17)
        var whole = try Batches(set, batchSize: 4, seed: 9, augmentation: augmentation)
        var record: [(BatchPosition, [Float], [Int32])] = []
        for _ in 0..<15 {
            let position = whole.position
            let (inputs, labels) = take(&whole)
            record.append((position, inputs, labels))
        }
        for (position, inputs, labels) in record.shuffled() {
            var resumed = try Batches(set, batchSize: 4, seed: 1, augmentation: augmentation)
            _ = take(&resumed)
            let saved = try JSONEncoder().encode(position)
            resumed.resume(at: try JSONDecoder().decode(BatchPosition.self, from: saved))
            let again = take(&resumed)
            #expect(again.inputs == inputs && again.labels == labels)
        }
        var atEnd = try Batches(set, batchSize: 4, seed: 9)
        atEnd.resume(at: BatchPosition(seed: 9, epoch: 0, batch: 5))
        #expect(atEnd.position == BatchPosition(seed: 9, epoch: 1, batch: 0))
    }

    @Test func normalisesPerChannel() throws {
        for channels in [1, 2, 3] {
            let set = try numbered(6, channels: channels)
            let normalization = Normalization(
                mean: (0..<channels).map { 100 + Float($0) }, std: (0..<channels).map { 50 + 3 * Float($0) })
            var batches = try Batches(set, batchSize: 6, shuffle: false, normalization: normalization)
            let (inputs, _) = take(&batches)
            for i in inputs.indices {
                let raw = set.sample(i / set.sampleSize)[i % set.sampleSize]
                let c = i % channels
                #expect(inputs[i] == (raw - normalization.mean[c]) / normalization.std[c])
            }
        }
        expectError("2 channels", "data has 3") {
            _ = try Batches(numbered(2), batchSize: 1, normalization: Normalization(mean: [0, 0], std: [1, 1]))
        }
    }

    @Test func measuresMeanAndDeviation() throws {
        let bytes = try numbered(11)
        let floats = try FloatDataset(
            name: "f", shape: bytes.sampleShape, values: (0..<11).flatMap { bytes.sample($0) },
            classes: ["a", "b", "c"],
            labels: (0..<11).map { Int32($0 % 3) })
        let a = Normalization.measured(bytes)
        let b = Normalization.measured(floats)
        for c in 0..<3 {
            let values = (0..<11).flatMap { index in
                bytes.sample(index).enumerated().filter { $0.offset % 3 == c }.map { Double($0.element) }
            }
            let mean = values.reduce(0, +) / Double(values.count)
            let std = (values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count)).squareRoot()
            for measured in [a, b] {
                #expect(abs(Double(measured.mean[c]) - mean) < 1e-4)
                #expect(abs(Double(measured.std[c]) - std) < 1e-4)
            }
        }
        let flat = try FloatDataset(name: "f", shape: [1], values: [5, 5], targetNames: ["y"], targets: [1, 2])
        #expect(Normalization.measured(flat) == Normalization(mean: [5], std: [1]))
    }

    @Test func fillsTargets() throws {
        let line = try SmallSets.line(.train, count: 5)
        var batches = try Batches(line, batchSize: 3, shuffle: false)
        var inputs = [Float](repeating: 0, count: 3)
        var targets = [Float](repeating: 0, count: 3)
        let filled = inputs.withUnsafeMutableBufferPointer { inputs in
            targets.withUnsafeMutableBufferPointer { batches.next(into: inputs, targets: $0) }
        }
        #expect(filled == 3)
        #expect(inputs == (0..<3).map { line.sample($0)[0] })
        #expect(targets == (0..<3).map { line.targetValues($0)[0] })
    }

    @Test func refusesWhatMakesNoSense() throws {
        let line = try SmallSets.line(.train, count: 5)
        expectError("batch size is 0") { _ = try Batches(line, batchSize: 0) }
        expectError("5 samples", "batch of 6") { _ = try Batches(line, batchSize: 6, dropLast: true) }
        expectError("needs images") { _ = try Batches(line, batchSize: 1, augmentation: Augmentation(flip: true)) }
        expectError("sample 5", "holds 5") { _ = try Subset(line, indices: [0, 5]) }
        expectError("no samples") { _ = try Subset(line, first: 0) }
        expectError("0 to 5") { _ = try Subset(line, range: 0..<6) }
        #expect(try Subset(line, range: 2..<4).sample(1) == line.sample(3))
    }
}

@Suite struct AugmentationTests {
    /// Every augmented image is one of those that the definition allows, and each of these turns up.
    @Test(
        arguments: [Augmentation(flip: true), Augmentation(crop: 2), Augmentation(flip: true, crop: 1, shift: 1)],
        [true, false])
    func matchesTheDefinition(augmentation: Augmentation, bytes: Bool) throws {
        let (height, width) = (3, 4)
        let image = try numbered(1, height: height, width: width, channels: 2)
        let raw = image.sample(0)
        let set: any Dataset =
            bytes
            ? image
            : try FloatDataset(
                name: "f", shape: image.sampleShape, values: raw, classes: ["a"], labels: [0])
        let normalization = Normalization(mean: [10, 20], std: [3, 7])
        let reach = augmentation.crop + augmentation.shift
        var allowed: Set<[Float]> = []
        for mirrored in augmentation.flip ? [false, true] : [false] {
            for dy in -reach...reach {
                for dx in -reach...reach {
                    allowed.insert(moved(raw, height, width, mirrored, dy, dx, normalization))
                }
            }
        }
        var batches = try Batches(set, batchSize: 1, normalization: normalization, augmentation: augmentation)
        var seen: Set<[Float]> = []
        for _ in 0..<3000 { seen.insert(take(&batches).inputs) }
        #expect(seen == allowed)
    }

    private func moved(
        _ raw: [Float], _ height: Int, _ width: Int, _ mirrored: Bool, _ dy: Int, _ dx: Int, _ n: Normalization
    ) -> [Float] {
        var output: [Float] = []
        for y in 0..<height {
            for x in 0..<width {
                let fromX = (mirrored ? width - 1 - x : x) + dx
                let inside = (0..<height).contains(y + dy) && (0..<width).contains(fromX)
                for c in 0..<2 {
                    let value = inside ? raw[((y + dy) * width + fromX) * 2 + c] : 0
                    output.append((value - n.mean[c]) / n.std[c])
                }
            }
        }
        return output
    }

    /// A shift larger than the picture leaves nothing of it.
    @Test func shiftsBeyondTheEdge() throws {
        let image = try numbered(1, height: 2, width: 2, channels: 3)
        var batches = try Batches(image, batchSize: 1, augmentation: Augmentation(flip: true, shift: 9))
        var empty = 0
        for _ in 0..<200 {
            let inputs = take(&batches).inputs
            #expect(inputs.allSatisfy { $0.isFinite })
            if inputs.allSatisfy({ $0 == 0 }) { empty += 1 }
        }
        #expect(empty > 100)
    }
}
