// SPDX-License-Identifier: Apache-2.0
// Samples held as floats: tables, small generated problems, NPY arrays.

/// Float samples of one shape, each with a class or with target values.
public struct FloatDataset: Dataset {
    public let name: String
    public let count: Int
    public let sampleShape: [Int]
    public let target: TargetKind
    public let rawRange: ClosedRange<Float>
    public var isByteImage: Bool { false }

    private let values: [Float]
    private let labels: [Int32]
    private let targets: [Float]

    /// Samples with a class each. Sizes that do not agree, non-finite values, labels out of range and an empty set
    /// throw.
    public init(name: String, shape: [Int], values: [Float], classes: [String], labels: [Int32]) throws(DataError) {
        if let bad = labels.firstIndex(where: { $0 < 0 || Int($0) >= classes.count }) {
            throw DataError("label \(labels[bad]) of sample \(bad), but there are \(classes.count) classes", path: name)
        }
        try self.init(
            name: name, count: labels.count, shape: shape, values: values,
            target: .classes(names: classes), labels: labels, targets: [])
    }

    /// Samples with `targetNames.count` target values each, sample after sample in `targets`.
    public init(
        name: String, shape: [Int], values: [Float], targetNames: [String], targets: [Float]
    ) throws(DataError) {
        guard !targetNames.isEmpty, targets.count % targetNames.count == 0 else {
            throw DataError("\(targets.count) target values for \(targetNames.count) names", path: name)
        }
        guard targets.allSatisfy({ $0.isFinite }) else { throw DataError("a target value is not finite", path: name) }
        try self.init(
            name: name, count: targets.count / targetNames.count, shape: shape, values: values,
            target: .values(names: targetNames), labels: [], targets: targets)
    }

    private init(
        name: String, count: Int, shape: [Int], values: [Float], target: TargetKind, labels: [Int32], targets: [Float]
    ) throws(DataError) {
        let size = shape.reduce(1, *)
        guard count > 0, size > 0 else { throw DataError("the set \(name) holds no samples") }
        guard values.count == size * count else {
            throw DataError("\(count) targets but \(values.count) values, \(size) to a sample", path: name)
        }
        var low = values[0]
        var high = values[0]
        for (position, value) in values.enumerated() {
            guard value.isFinite else {
                throw DataError("sample \(position / size) holds a value that is not finite", path: name)
            }
            low = min(low, value)
            high = max(high, value)
        }
        self.name = name
        self.count = count
        self.sampleShape = shape
        self.target = target
        self.rawRange = low...high
        self.values = values
        self.labels = labels
        self.targets = targets
    }

    /// The same samples seen in another shape of the same size, such as 64 features as an 8x8 image.
    public func reshaped(to shape: [Int]) throws(DataError) -> FloatDataset {
        guard shape.reduce(1, *) == sampleSize else {
            throw DataError("samples of shape \(sampleShape) cannot be seen as \(shape)", path: name)
        }
        return try FloatDataset(
            name: name, count: count, shape: shape, values: values, target: target, labels: labels, targets: targets)
    }

    public func copySample(_ index: Int, into output: UnsafeMutableBufferPointer<Float>) {
        let size = sampleSize
        precondition(index >= 0 && index < count && output.count >= size)
        values.withUnsafeBufferPointer { source in
            for i in 0..<size { output[i] = source[index * size + i] }
        }
    }

    public func label(_ index: Int) -> Int {
        precondition(!labels.isEmpty, "the set \(name) has target values, not classes")
        return Int(labels[index])
    }

    public func copyTarget(_ index: Int, into output: UnsafeMutableBufferPointer<Float>) {
        let width = target.count
        if targets.isEmpty { return writeOneHot(label(index), classes: width, into: output) }
        precondition(output.count >= width)
        for i in 0..<width { output[i] = targets[index * width + i] }
    }
}
