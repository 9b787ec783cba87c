// SPDX-License-Identifier: Apache-2.0
// Shapes of layers for tensors of any rank: broadcasting, products, joins, slices, permutations, reductions.

extension Graph {
    static func broadcast(_ node: Node, _ left: Shape, _ right: Shape) throws -> Shape {
        guard let shape = left.broadcast(with: right) else {
            throw GraphError.at(
                node, "combines \(left) and \(right): from the innermost on, extents must be equal or 1")
        }
        return shape
    }

    static func product(
        _ node: Node, _ left: Shape, _ transposesA: Bool, _ right: Shape, _ transposesB: Bool
    ) throws -> Shape {
        guard let geometry = MatrixProduct(left, transposesA, right, transposesB) else {
            let words = "\(left)\(transposesA ? " transposed" : "") and \(right)\(transposesB ? " transposed" : "")"
            throw GraphError.at(
                node, "multiplies \(words): columns on the left are rows on the right, and outer extents equal or 1")
        }
        return geometry.output
    }

    static func concatenated(_ node: Node, _ axis: Int?, _ inputs: [Shape]) throws -> Shape {
        var shape = inputs[0]
        let place = try self.axis(node, axis ?? -1, shape)
        for other in inputs.dropFirst() {
            var expected = other
            if other.rank == shape.rank { expected.dimensions[place] = shape[place] }
            guard expected == shape else {
                let which = axis.map { "axis \($0)" } ?? "the channels"
                throw GraphError.at(node, "joins \(inputs[0]) and \(other): all but \(which) must be equal")
            }
            shape.dimensions[place] += other[place]
        }
        return shape
    }

    static func sliced(_ node: Node, _ begin: [Int], _ size: [Int], _ step: [Int], _ input: Shape) throws -> Shape {
        guard [begin, size, step].allSatisfy({ $0.count == input.rank }) else {
            throw GraphError.at(node, "slices \(input): begin, size and step have one number for each extent")
        }
        for axis in input.dimensions.indices {
            let last = begin[axis] + (size[axis] - 1) * step[axis]
            guard size[axis] >= 1, step[axis] != 0, (0..<input[axis]).contains(begin[axis]),
                (0..<input[axis]).contains(last)
            else {
                throw GraphError.at(
                    node,
                    "slices \(input): axis \(axis) cannot give \(size[axis]) elements from \(begin[axis]) on "
                        + "in steps of \(step[axis])")
            }
        }
        return Shape(size)
    }

    static func transposed(_ node: Node, _ permutation: [Int], _ input: Shape) throws -> Shape {
        guard permutation.sorted() == Array(0..<input.rank) else {
            throw GraphError.at(
                node, "transposes \(input) by \(permutation): each axis from 0 to \(input.rank - 1) is named once")
        }
        return Shape(permutation.map { input[$0] })
    }

    static func reduced(_ node: Node, _ axes: [Int], _ keepsExtents: Bool, _ input: Shape) throws -> Shape {
        let places = try axes.map { try axis(node, $0, input) }
        guard !places.isEmpty, Set(places).count == places.count else {
            throw GraphError.at(node, "reduces axes \(axes): name at least one, each once")
        }
        var dimensions = input.dimensions
        for place in places { dimensions[place] = 1 }
        if keepsExtents { return Shape(dimensions) }
        let rest = dimensions.indices.filter { !places.contains($0) }.map { dimensions[$0] }
        return rest.isEmpty ? [1] : Shape(rest)
    }

    private static func axis(_ node: Node, _ axis: Int, _ shape: Shape) throws -> Int {
        guard let place = shape.axis(axis) else {
            throw GraphError.at(node, "there is no axis \(axis) in \(shape)")
        }
        return place
    }
}
