// SPDX-License-Identifier: Apache-2.0
// Axes of a shape, and how shapes are brought to one.

extension Shape {
    /// The axis as a number from 0 on, where -1 means the last; nil where the shape has no such axis.
    public func axis(_ axis: Int) -> Int? {
        guard axis >= -rank, axis < rank else { return nil }
        return axis < 0 ? axis + rank : axis
    }

    /// For each axis, the elements between neighbours along it, row-major.
    public var strides: [Int] {
        var strides = Array(repeating: 1, count: rank)
        for axis in dimensions.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * self[axis + 1] }
        return strides
    }

    /// The shape that both repeat to by NumPy's rule: extents are aligned at the innermost, and where one is 1 or
    /// missing the other counts; nil where two differ.
    public func broadcast(with other: Shape) -> Shape? {
        let rank = max(rank, other.rank)
        var result: [Int] = []
        for (left, right) in zip(padded(to: rank).dimensions, other.padded(to: rank).dimensions) {
            guard left == right || left == 1 || right == 1 else { return nil }
            result.append(left == 1 ? right : left)
        }
        return Shape(result)
    }

    /// The same elements under so many extents, outer ones of 1 added.
    /// - Precondition: `rank` is not below the shape's.
    public func padded(to rank: Int) -> Shape {
        Shape(Array(repeating: 1, count: rank - self.rank) + dimensions)
    }
}
