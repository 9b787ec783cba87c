// SPDX-License-Identifier: Apache-2.0
// Parts of a data set that hold each class in the same proportion: held-out samples, and folds.

import NNQBase

/// Sample numbers by class, each class in an order that the seed decides; one group where the target is values.
private func shuffledClasses(_ dataset: any Dataset, seed: UInt64) -> [[Int]] {
    var groups = Array(repeating: [Int](), count: dataset.classNames?.count ?? 1)
    for index in 0..<dataset.count { groups[dataset.classNames == nil ? 0 : dataset.label(index)].append(index) }
    for group in groups.indices {
        var rng = Rng(seed: seed, stream: 0xf01d_f01d, UInt64(group))
        rng.shuffle(&groups[group])
    }
    return groups
}

/// Holds out `share` of a data set's samples, of every class the same share, by `seed`.
///
/// The same count, classes, share and seed give the same parts everywhere. Of n samples `n * share` are held out,
/// rounded, at least one and at most all but one.
/// - Parameter share: above 0 and below 1.
public func holdOut(
    _ dataset: any Dataset, share: Double, seed: UInt64
) throws(DataError) -> (rest: Subset, held: Subset) {
    guard dataset.count >= 2 else {
        throw DataError(
            "\(dataset.name) holds one sample, too few to hold some out", remedy: "Train without a validation part")
    }
    guard share > 0, share < 1 else {
        throw DataError("the part to hold out is \(share)", remedy: "Use a number between 0 and 1, 0.1 for example")
    }
    var held: [Int] = []
    var rest: [Int] = []
    var seen = 0
    for group in shuffledClasses(dataset, seed: seed) {
        seen += group.count
        // Rounded over all classes so far, so that many small classes do not all round the same way.
        let wanted = min(dataset.count - 1, max(1, Int((Double(seen) * share).rounded())))
        let count = min(group.count, max(0, wanted - held.count))
        held += group[..<count]
        rest += group[count...]
    }
    return (try Subset(dataset, indices: rest.sorted()), try Subset(dataset, indices: held.sorted()))
}

/// Deals a data set's samples into `count` folds for cross-validation, each class evenly (Kohavi, "A study of
/// cross-validation and bootstrap", 1995).
///
/// Every sample is in one fold; the folds' sizes, and each class's share in them, differ by one sample at most.
/// - Returns: sample numbers, rising, a fold each.
public func stratifiedFolds(_ dataset: any Dataset, count: Int, seed: UInt64) throws(DataError) -> [[Int]] {
    guard count >= 2, count <= dataset.count else {
        throw DataError(
            "\(count) folds of \(dataset.count) samples were asked for",
            remedy: "Use 2 folds or more, at most one for each sample")
    }
    var folds = Array(repeating: [Int](), count: count)
    var next = 0
    for index in shuffledClasses(dataset, seed: seed).joined() {
        folds[next].append(index)
        next = (next + 1) % count
    }
    return folds.map { $0.sorted() }
}
