// SPDX-License-Identifier: Apache-2.0
// Arithmetic on a tensor's extents that a hostile file cannot make overflow.

/// ONNXExtents of a tensor as ONNX counts them: the batch included, outermost first.
typealias ONNXExtents = [Int]

extension ONNXExtents {
    /// Most elements of a tensor, as of the graph's.
    static let mostElements = 1 << 30
    static let mostAxes = 16
    /// Most values of all parameters together.
    static let mostWeights = 1 << 26

    /// Elements of the tensor.
    /// - Throws: where there are more than the graph can hold, or an extent is negative.
    func elementCount() throws -> Int {
        guard count <= Self.mostAxes else { throw ImportError("a tensor has \(count) axes; at most 16 are possible") }
        var product = 1
        for extent in self {
            guard extent >= 0 else { throw ImportError("a tensor has an extent of \(extent)") }
            let (next, overflows) = product.multipliedReportingOverflow(by: extent)
            guard !overflows, next <= Self.mostElements else {
                throw ImportError("a tensor of \(words) elements is too large: at most 2^30 are possible")
            }
            product = next
        }
        return product
    }

    var words: String { isEmpty ? "1 (scalar)" : map { "\($0)" }.joined(separator: "x") }

    /// The place of an axis that may be counted from the end.
    func axis(_ axis: Int) throws -> Int {
        guard axis >= -count, axis < count else {
            throw ImportError("there is no axis \(axis) in a tensor of \(words)")
        }
        return axis < 0 ? axis + count : axis
    }

    /// Several such places, each once.
    func axes(_ axes: [Int]) throws -> [Int] {
        let places = try axes.map(axis)
        guard Set(places).count == places.count else { throw ImportError("axes \(axes) name one twice") }
        return places
    }

    /// With axes of 1 added outside.
    func padded(to rank: Int) -> ONNXExtents { Array(repeating: 1, count: Swift.max(0, rank - count)) + self }

    /// NumPy's broadcasting.
    func broadcast(with other: ONNXExtents) throws -> ONNXExtents {
        let rank = Swift.max(count, other.count)
        return try zip(padded(to: rank), other.padded(to: rank)).map { left, right in
            guard left == right || left == 1 || right == 1 else {
                throw ImportError("tensors of \(words) and \(other.words) do not broadcast")
            }
            return left == 1 ? right : left
        }
    }

    /// Elements between neighbours along each axis.
    var strides: [Int] {
        var strides = Array(repeating: 1, count: count)
        for axis in indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * self[axis + 1] }
        return strides
    }
}
