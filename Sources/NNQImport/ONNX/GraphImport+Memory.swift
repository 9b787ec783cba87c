// SPDX-License-Identifier: Apache-2.0
// Bringing values into the shape and the order of axes that a layer wants.

import NNQGraph

extension GraphImport {
    /// The layer that holds a value with these groups of axes as its extents, outermost first; axes of 1 may be
    /// missing.
    mutating func arrange(_ value: Value, _ groups: [[Int]]) throws -> Int {
        let layout = value.layout
        let shape = groups.map { group in group.reduce(1) { $0 * layout.extents[$1] } }
        return try reorder(value, layout.factors(of: groups.flatMap { $0 }), shape: shape)
    }

    /// The layer that holds a value with its factors in this order, under this shape.
    mutating func reorder(_ value: Value, _ order: [Int], shape: ONNXExtents) throws -> Int {
        let layout = value.layout
        guard order.count == layout.order.count else { throw ImportError.mixesBatch() }
        if order == layout.order { return try builder.reshape(value.node, to: shape) }
        // Factors that stay neighbours move as one.
        var place = Array(repeating: 0, count: order.count)
        for (index, factor) in order.enumerated() { place[factor] = index }
        var blocks: [(first: Int, extent: Int)] = []
        var previous: Int?
        for factor in layout.order {
            if let last = previous, place[factor] == last + 1 {
                blocks[blocks.count - 1].extent *= layout.factors[factor]
            } else {
                blocks.append((place[factor], layout.factors[factor]))
            }
            previous = place[factor]
        }
        let permutation = blocks.indices.sorted { blocks[$0].first < blocks[$1].first }
        let plain = try builder.reshape(value.node, to: blocks.map(\.extent))
        let moved = try builder.rearrange(
            .transpose(permutation), plain, shape: permutation.map { blocks[$0].extent })
        return try builder.reshape(moved, to: shape)
    }

    /// The value in ONNX's own order of elements, one extent an axis.
    mutating func rowMajor(_ value: Value) throws -> Value {
        let layout = Layout(value.extents, isBatched: value.layout.isBatched)
        return Value(
            node: try arrange(value, memoryGroups(value)), layout: layout, isInteger: value.isInteger,
            quantization: value.quantization)
    }

    private func memoryGroups(_ value: Value) -> [[Int]] {
        value.extents.indices.dropFirst(value.layout.isBatched ? 1 : 0).map { [$0] }
    }

    /// The value with one extent of its layer for each axis, and those axes in memory's order.
    /// - Parameter axes: axes that must have an extent even where it is 1.
    mutating func perAxis(_ value: Value, _ axes: [Int]) throws -> (node: Int, axes: [Int]) {
        let layout = value.layout
        if layout.isBatched, axes.contains(0) { throw ImportError.mixesBatch() }
        let memory = memoryOrder(layout, including: axes)
        return (try arrange(value, memory.map { [$0] }), memory)
    }

    /// The axes of a layout in memory's order, ONNX's where the factors of one axis are apart; those of extent 1 only
    /// where asked for, outermost.
    func memoryOrder(_ layout: Layout, including axes: [Int]) -> [Int] {
        let large = layout.memoryAxes ?? layout.extents.indices.filter { !layout.ranges[$0].isEmpty }
        return Set(axes).subtracting(large).sorted() + large
    }

    /// The value with these factors innermost, as one extent; the others' order is kept.
    mutating func setLast(_ value: Value, _ last: [Int]) throws -> Value {
        let layout = value.layout
        let extent = last.reduce(1) { $0 * layout.factors[$1] }
        let others = layout.order.filter { !last.contains($0) }
        let order = others + last
        if order == layout.order, builder.shapes[value.node].last == extent { return value }
        let moved = layout.reordered(order)
        var shape = others.map { layout.factors[$0] }
        if shape.count > 2 { shape = [shape.reduce(1, *)] }
        let node = try reorder(value, order, shape: shape + [extent])
        return Value(node: node, layout: moved, isInteger: value.isInteger, quantization: value.quantization)
    }

    /// ONNX's Reshape.
    mutating func reshape(_ value: Value, to extents: ONNXExtents) throws -> Value {
        guard try extents.elementCount() == value.extents.elementCount() else {
            throw ImportError("reshapes \(value.extents.words) to \(extents.words): other elements in number")
        }
        if let layout = value.layout.reshaped(extents) {
            return Value(node: value.node, layout: layout, isInteger: value.isInteger, quantization: value.quantization)
        }
        if value.layout.isBatched, extents.first != value.extents.first { throw ImportError.mixesBatch() }
        let plain = try rowMajor(value)
        let layout = Layout(extents, isBatched: value.layout.isBatched)
        return Value(node: plain.node, layout: layout, isInteger: value.isInteger, quantization: value.quantization)
    }

    /// ONNX's Transpose.
    func transpose(_ value: Value, _ permutation: [Int]) throws -> Value {
        guard permutation.sorted() == Array(value.extents.indices) else {
            throw ImportError("its permutation \(permutation) does not name each axis of \(value.extents.words) once")
        }
        guard let layout = value.layout.transposed(permutation) else { throw ImportError.mixesBatch() }
        return Value(node: value.node, layout: layout, isInteger: value.isInteger, quantization: value.quantization)
    }
}
