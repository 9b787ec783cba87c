// SPDX-License-Identifier: Apache-2.0
// What every data set offers: numbered samples of one shape, each with a class or with target values.

/// What is to be learnt from a sample.
public enum TargetKind: Sendable, Equatable {
    /// One class out of these; `Dataset.label` is an index into `names`.
    case classes(names: [String])
    /// One real number for each of these names.
    case values(names: [String])

    /// Number of classes, or of target values: the width of a network's output.
    public var count: Int {
        switch self {
        case .classes(let names), .values(let names): names.count
        }
    }
}

/// Which part of a data set.
public enum Split: String, Sendable, CaseIterable, Codable {
    case train, test
}

/// Numbered samples of one shape, safe to read from several threads.
///
/// Indices run from 0 to `count - 1`; an index outside is a programming error and traps.
public protocol Dataset: Sendable {
    /// Short name for people, e.g. `mnist`.
    var name: String { get }
    /// Number of samples, at least 1.
    var count: Int { get }
    /// `[height, width, channels]` of images (NHWC without the N), `[n]` of vectors.
    var sampleShape: [Int] { get }
    /// What is to be learnt.
    var target: TargetKind { get }
    /// True if every raw value is a whole number 0...255, held as one byte.
    var isByteImage: Bool { get }
    /// Smallest and largest raw value that a sample may hold (0...255 for bytes, measured for the rest).
    var rawRange: ClosedRange<Float> { get }

    /// Writes sample `index`, raw (bytes as 0...255), channels innermost; `output` holds at least `sampleSize`.
    func copySample(_ index: Int, into output: UnsafeMutableBufferPointer<Float>)
    /// Lends the bytes of sample `index` to `body`; returns false, without calling it, unless `isByteImage`.
    func withSampleBytes(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void) -> Bool
    /// Class of sample `index`; traps where the target is values.
    func label(_ index: Int) -> Int
    /// Writes the target of sample `index`: `target.count` values (for classes: 1 at the label, 0 elsewhere).
    func copyTarget(_ index: Int, into output: UnsafeMutableBufferPointer<Float>)
}

extension Dataset {
    /// Values in one sample: the product of `sampleShape`.
    public var sampleSize: Int { sampleShape.reduce(1, *) }

    /// Size of the innermost dimension: channels of an image, features of a vector.
    public var channels: Int { sampleShape.last ?? 1 }

    /// Names of the classes, nil where the target is values.
    public var classNames: [String]? {
        if case .classes(let names) = target { names } else { nil }
    }

    /// Sample `index` as an array, raw.
    public func sample(_ index: Int) -> [Float] {
        [Float](unsafeUninitializedCapacity: sampleSize) { buffer, count in
            copySample(index, into: buffer)
            count = sampleSize
        }
    }

    /// Target of sample `index` as an array of `target.count` values.
    public func targetValues(_ index: Int) -> [Float] {
        [Float](unsafeUninitializedCapacity: target.count) { buffer, count in
            copyTarget(index, into: buffer)
            count = target.count
        }
    }

    public func withSampleBytes(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void) -> Bool { false }

    /// How many samples each class has.
    public func classHistogram() -> [Int] {
        var histogram = [Int](repeating: 0, count: target.count)
        for index in 0..<count { histogram[label(index)] += 1 }
        return histogram
    }
}
