// SPDX-License-Identifier: Apache-2.0
// Images held as bytes: a quarter of the memory of floats, and exact input for int8 networks.

/// Byte images of one size with one class each; MNIST, CIFAR-10, image folders and generated pictures.
public struct ByteDataset: Dataset {
    public let name: String
    public let sampleShape: [Int]
    public let target: TargetKind
    public var isByteImage: Bool { true }
    public var rawRange: ClosedRange<Float> { 0...255 }
    public var count: Int { labels.count }

    /// All samples one after the other, each `[height, width, channels]`.
    public let pixels: [UInt8]
    public let labels: [UInt16]
    private let size: Int

    /// Takes `pixels` of `labels.count` samples; sizes that do not agree, labels out of range and an empty set throw.
    public init(name: String, shape: [Int], classes: [String], pixels: [UInt8], labels: [UInt16]) throws(DataError) {
        let size = shape.reduce(1, *)
        guard !labels.isEmpty, size > 0 else { throw DataError("the set \(name) holds no samples") }
        guard pixels.count == size * labels.count else {
            throw DataError("\(labels.count) labels but \(pixels.count) pixel bytes, \(size) to a sample", path: name)
        }
        if let bad = labels.firstIndex(where: { Int($0) >= classes.count }) {
            throw DataError("label \(labels[bad]) of sample \(bad), but there are \(classes.count) classes", path: name)
        }
        self.name = name
        self.sampleShape = shape
        self.target = .classes(names: classes)
        self.pixels = pixels
        self.labels = labels
        self.size = size
    }

    public func copySample(_ index: Int, into output: UnsafeMutableBufferPointer<Float>) {
        precondition(index >= 0 && index < labels.count && output.count >= size)
        pixels.withUnsafeBufferPointer { source in
            for i in 0..<size { output[i] = Float(source[index * size + i]) }
        }
    }

    public func withSampleBytes(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void) -> Bool {
        precondition(index >= 0 && index < labels.count)
        pixels.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[index * size..<(index + 1) * size])) }
        return true
    }

    public func label(_ index: Int) -> Int { Int(labels[index]) }

    public func copyTarget(_ index: Int, into output: UnsafeMutableBufferPointer<Float>) {
        writeOneHot(label(index), classes: target.count, into: output)
    }
}

/// Writes 1 at `label` and 0 at the other `classes`.
func writeOneHot(_ label: Int, classes: Int, into output: UnsafeMutableBufferPointer<Float>) {
    precondition(output.count >= classes)
    for i in 0..<classes { output[i] = i == label ? 1 : 0 }
}
