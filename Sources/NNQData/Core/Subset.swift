// SPDX-License-Identifier: Apache-2.0
// A part of another data set: some of its samples, in a given order, nothing copied.

import NNQBase

/// Chosen samples of `base`; sample i is `base`'s sample `indices[i]`.
public struct Subset: Dataset {
    public let base: any Dataset
    public let indices: [Int]

    /// The samples at `indices`; an empty list or an index outside `base` throws.
    public init(_ base: any Dataset, indices: [Int]) throws(DataError) {
        guard !indices.isEmpty else {
            throw DataError("a part of \(base.name) with no samples was asked for", remedy: "Ask for at least one")
        }
        if let bad = indices.first(where: { $0 < 0 || $0 >= base.count }) {
            throw DataError(
                "sample \(bad) was asked for, but \(base.name) holds \(base.count)",
                remedy: "Ask for samples 0 to \(base.count - 1)")
        }
        self.base = base
        self.indices = indices
    }

    /// The samples of `range`.
    public init(_ base: any Dataset, range: Range<Int>) throws(DataError) {
        guard range.isEmpty || (range.lowerBound >= 0 && range.upperBound <= base.count) else {
            throw DataError(
                "samples \(range.lowerBound) to \(range.upperBound - 1) were asked for, but \(base.name) "
                    + "holds \(base.count)", remedy: "Ask for samples 0 to \(base.count - 1)")
        }
        try self.init(base, indices: Array(range))
    }

    /// The first `count` samples, or all of them if there are fewer.
    public init(_ base: any Dataset, first count: Int) throws(DataError) {
        try self.init(base, range: 0..<max(0, min(count, base.count)))
    }

    public var name: String { base.name }
    public var count: Int { indices.count }
    public var sampleShape: [Int] { base.sampleShape }
    public var target: TargetKind { base.target }
    public var isByteImage: Bool { base.isByteImage }
    public var rawRange: ClosedRange<Float> { base.rawRange }

    public func copySample(_ index: Int, into output: UnsafeMutableBufferPointer<Float>) {
        base.copySample(indices[index], into: output)
    }
    public func withSampleBytes(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void) -> Bool {
        base.withSampleBytes(indices[index], body)
    }
    public func label(_ index: Int) -> Int { base.label(indices[index]) }
    public func copyTarget(_ index: Int, into output: UnsafeMutableBufferPointer<Float>) {
        base.copyTarget(indices[index], into: output)
    }
}

/// Splits `dataset` deterministically: every sample goes to the test part with probability `testShare`, by `seed`.
///
/// The same count, share and seed give the same split everywhere; both parts hold at least one sample.
public func splitDataset(
    _ dataset: any Dataset, _ split: Split, testShare: Double = 0.2, seed: UInt64 = 1
) throws(DataError) -> Subset {
    guard dataset.count >= 2 else {
        throw DataError("\(dataset.name) holds one sample, too few to split into train and test")
    }
    var order = Array(0..<dataset.count)
    var rng = Rng(seed: seed, stream: 0x5eed_5911)
    rng.shuffle(&order)
    let tests = min(dataset.count - 1, max(1, Int((Double(dataset.count) * testShare).rounded())))
    return try Subset(dataset, indices: (split == .test ? order[..<tests] : order[tests...]).sorted())
}
