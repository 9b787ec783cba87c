// SPDX-License-Identifier: Apache-2.0
// How the elements of an ONNX tensor lie in the memory of a graph's.

/// An ONNX tensor's extents, and the order in memory of the *factors* that they are made of.
///
/// A factor is an extent above 1, or one of several whose product is one. Transposing and reshaping a tensor then moves
/// nothing: the first permutes the factors that ONNX sees, the second splits or joins them, and memory stays. An axis
/// of 1 has no factor, and neither has the batch.
struct Layout: Hashable {
    /// As ONNX has them, the batch included.
    private(set) var extents: ONNXExtents
    /// Whether axis 0 counts samples and so is not in memory.
    private(set) var isBatched: Bool
    /// In ONNX's order, outermost first.
    private(set) var factors: [Int]
    /// Memory's order, outermost first: indices of factors.
    private(set) var order: [Int]

    /// - Parameter memory: the axes in memory's order; those of extent 1 may be missing. Nil for ONNX's own order.
    init(_ extents: ONNXExtents, isBatched: Bool, memory: [Int]? = nil) {
        self.extents = extents
        self.isBatched = isBatched
        let axes = extents.indices.filter { extents[$0] > 1 && !(isBatched && $0 == 0) }
        factors = axes.map { extents[$0] }
        order = memory.map { $0.compactMap(axes.firstIndex(of:)) } ?? Array(axes.indices)
    }

    private init(_ extents: ONNXExtents, isBatched: Bool, factors: [Int], order: [Int]) {
        self.extents = extents
        self.isBatched = isBatched
        self.factors = factors
        self.order = order
    }

    /// Factors of each axis.
    var ranges: [Range<Int>] {
        var next = 0
        return extents.indices.map { axis in
            let start = next
            var product = isBatched && axis == 0 ? extents[0] : 1
            while product < extents[axis], next < factors.count {
                product *= factors[next]
                next += 1
            }
            return start..<next
        }
    }

    /// Elements in memory: one sample's.
    var count: Int { factors.reduce(1, *) }

    /// Whether memory has ONNX's order.
    var isRowMajor: Bool { order == Array(order.indices) }

    /// The axes above 1 in memory's order; nil where the factors of one are apart.
    var memoryAxes: [Int]? {
        var axes: [Int] = []
        var expected: [Int] = []
        for (axis, range) in ranges.enumerated() where !range.isEmpty { axes.append(axis) }
        axes.sort { order.firstIndex(of: ranges[$0].lowerBound)! < order.firstIndex(of: ranges[$1].lowerBound)! }
        for axis in axes { expected += Array(ranges[axis]) }
        return expected == order ? axes : nil
    }

    /// ONNX's Transpose; nil where it moves the batch.
    func transposed(_ permutation: [Int]) -> Layout? {
        if isBatched, permutation.first != 0 { return nil }
        let ranges = ranges
        let moved = permutation.flatMap { Array(ranges[$0]) }
        var place = Array(repeating: 0, count: factors.count)
        for (index, factor) in moved.enumerated() { place[factor] = index }
        return Layout(
            permutation.map { extents[$0] }, isBatched: isBatched, factors: moved.map { factors[$0] },
            order: order.map { place[$0] })
    }

    /// ONNX's Reshape, to as many elements; nil where memory would have to be rewritten, or the batch is not kept.
    func reshaped(_ target: ONNXExtents) -> Layout? {
        if isBatched, target.first != extents.first { return nil }
        var parts: [[Int]] = Array(repeating: [], count: factors.count)
        var left = factors
        var index = 0
        for extent in (isBatched ? Array(target.dropFirst()) : target) where extent > 1 {
            var rest = extent
            while rest > 1 {
                guard index < left.count else { return nil }
                let part = min(rest, left[index])
                guard rest % part == 0, left[index] % part == 0 else { return nil }
                parts[index].append(part)
                rest /= part
                left[index] /= part
                if left[index] == 1 { index += 1 }
            }
        }
        var starts: [Int] = []
        var next = 0
        for part in parts {
            starts.append(next)
            next += part.count
        }
        return Layout(
            target, isBatched: isBatched, factors: parts.flatMap { $0 },
            order: order.flatMap { Array(starts[$0]..<starts[$0] + parts[$0].count) })
    }

    /// With the factors in another order in memory.
    func reordered(_ order: [Int]) -> Layout {
        Layout(extents, isBatched: isBatched, factors: factors, order: order)
    }

    /// The factors of these axes, in this order.
    func factors(of axes: [Int]) -> [Int] {
        let ranges = ranges
        return axes.flatMap { Array(ranges[$0]) }
    }
}
