// SPDX-License-Identifier: Apache-2.0
// One value for many along axes.

import NNQGraph

extension Operators {
    static let reductions: [String: Rule] = [
        "ReduceMean": { try reduce(&$0, $1, .mean) }, "ReduceSum": { try reduce(&$0, $1, .sum) },
        "ReduceMax": { try reduce(&$0, $1, .maximum) }, "ReduceMin": { try reduce(&$0, $1, .minimum) },
        "ReduceL2": { try reduce(&$0, $1, .sum, before: .square, after: .sqrt) },
        "ReduceL1": { try reduce(&$0, $1, .sum, before: .abs) },
        "ReduceSumSquare": { try reduce(&$0, $1, .sum, before: .square) },
        "ReduceLogSum": { try reduce(&$0, $1, .sum, after: .log) },
        "ArgMax": argMax,
    ]

    private static func reduce(
        _ graph: inout GraphImport, _ node: ONNXNode, _ reduction: Reduction, before: Activation? = nil,
        after: Activation? = nil
    ) throws -> [ONNXOperand] {
        var value = try graph.value(node, 0)
        let given = try graph.axes(node, input: 1) ?? []
        if given.isEmpty, node.flag("noop_with_empty_axes") { return [.computed(value)] }
        let axes = given.isEmpty ? Array(value.extents.indices) : try value.extents.axes(given)
        if let before { value = try graph.activation(before, value, named: "\(node.name).\(before.keyword)") }
        value = try graph.reduce(
            value, reduction, axes, keepsExtents: node.flag("keepdims", default: true),
            named: after == nil ? node.name : "\(node.name).\(reduction.rawValue)")
        if let after { value = try graph.activation(after, value, named: node.name) }
        return [.computed(value)]
    }

    /// The last of several largest is the first of the elements in reverse.
    private static func argMax(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        var value = try graph.value(node, 0)
        let axis = try value.extents.axis(node.integer("axis", default: 0))
        let count = value.extents[axis]
        guard count > 1 else { throw ImportError("its axis has one element only") }
        let takesLast = node.flag("select_last_index")
        if takesLast {
            value = try graph.cut(
                value, [Cut(axis: axis, begin: count - 1, size: count, step: -1)], named: "\(node.name).reversed")
        }
        if value.layout.isBatched, axis == 0 { throw ImportError.mixesBatch() }
        let last = try graph.setLast(value, value.layout.factors(of: [axis]))
        let memory = last.layout.memoryAxes?.filter { $0 != axis }
        guard memory != nil || last.layout.isRowMajor else { throw ImportError("its input is a flattened map") }
        var extents = value.extents
        extents[axis] = 1
        let shape = Array(graph.builder.shapes[last.node].dropLast() + [1])
        let place = try graph.builder.append(.argMax, [last.node], shape: shape, name: node.name)
        var found = Value(node: place, layout: Layout(extents, isBatched: value.layout.isBatched, memory: memory))
        if takesLast {
            found = try graph.combine(
                .binary(.subtract), .constant(Constant(scalar: Float(count - 1))), .computed(found),
                named: "\(node.name).forwards")
        }
        found.isInteger = true
        if !node.flag("keepdims", default: true) {
            extents.remove(at: axis)
            found = try graph.reshape(found, to: extents)
        }
        return [.computed(found)]
    }
}

extension GraphImport {
    /// One value for all elements along axes.
    mutating func reduce(
        _ value: Value, _ reduction: Reduction, _ axes: [Int], keepsExtents: Bool, named name: String
    ) throws -> Value {
        if value.layout.isBatched, axes.contains(0) { throw ImportError.mixesBatch() }
        var extents = value.extents
        for axis in axes { extents[axis] = 1 }
        var result = value
        let large = axes.filter { value.extents[$0] > 1 }
        if !large.isEmpty {
            let (source, memory) = try reducible(value, large)
            let places = memory.indices.filter { large.contains(memory[$0]) }
            let shape = builder.shapes[source]
            let rest = memory.filter { !large.contains($0) }
            let layout = Layout(extents, isBatched: value.layout.isBatched, memory: rest)
            let isWholeMap =
                shape.count == 3 && shape.indices.allSatisfy { ($0 < 2) == (places.contains($0) || shape[$0] == 1) }
            if isWholeMap, reduction == .mean || reduction == .maximum {
                let layer: Layer = reduction == .mean ? .globalAveragePool : .globalMaxPool
                result = Value(
                    node: try builder.append(layer, [source], shape: [shape[2]], name: name), layout: layout)
            } else {
                var kept = shape
                for place in places { kept[place] = 1 }
                let node = try builder.append(
                    .reduce(reduction, axes: places, keepsExtents: true), [source], shape: kept, name: name)
                result = Value(node: node, layout: layout)
            }
        }
        if !keepsExtents { extents = extents.indices.filter { !axes.contains($0) }.map { extents[$0] } }
        return try reshape(result, to: extents)
    }

    /// The value with one extent an axis; a map of one row or column keeps it, to be pooled as a whole.
    private mutating func reducible(_ value: Value, _ axes: [Int]) throws -> (node: Int, memory: [Int]) {
        let extents = value.extents
        if extents.count == 4, axes.allSatisfy({ $0 >= 2 }), value.layout.isBatched || extents[0] == 1,
            value.layout.order == value.layout.factors(of: [2, 3, 1])
        {
            return (try arrange(value, [[2], [3], [1]]), [2, 3, 1])
        }
        let (node, memory) = try perAxis(value, axes)
        return (node, memory)
    }
}
