// SPDX-License-Identifier: Apache-2.0
// Moving, choosing and repeating the elements of constants.

extension Folding {
    static let movements: [String: FoldingRule] = [
        "Identity": FoldingRule(inputs: 1, sharesValues: true) { _, _, inputs in [inputs[0]!] },
        "Dropout": FoldingRule(inputs: 1, sharesValues: true) { _, _, inputs in [inputs[0]!] },
        "Reshape": FoldingRule(inputs: 1, sharesValues: true) { _, node, inputs in
            let input = inputs[0]!
            let target = try (inputs.count > 1 ? inputs[1]?.integers() : nil) ?? node.integers("shape") ?? []
            return [try input.checked(Operators.resolved(target, input.extents, node))]
        },
        "Flatten": FoldingRule(inputs: 1, sharesValues: true) { _, node, inputs in
            [try inputs[0]!.checked(Operators.flattened(inputs[0]!.extents, node))]
        },
        "Squeeze": FoldingRule(inputs: 1, sharesValues: true) { graph, node, inputs in
            [inputs[0]!.reshaped(try graph.squeezed(inputs[0]!.extents, node))]
        },
        "Unsqueeze": FoldingRule(inputs: 1, sharesValues: true) { graph, node, inputs in
            [inputs[0]!.reshaped(try graph.unsqueezed(inputs[0]!.extents, node))]
        },
        "Transpose": FoldingRule(inputs: 1) { _, node, inputs in
            let input = inputs[0]!
            let permutation = node.integers("perm") ?? input.extents.indices.reversed()
            guard permutation.sorted() == Array(input.extents.indices) else {
                throw ImportError("its permutation \(permutation) does not fit \(input.extents.words)")
            }
            return [input.transposed(permutation)]
        },
        "Concat": FoldingRule(inputs: 1, fold: concat),
        "Slice": FoldingRule(inputs: 1) { graph, node, inputs in
            let input = inputs[0]!
            return [try input.cut(graph.cuts(input.extents, node))]
        },
        "Split": FoldingRule(inputs: 1) { graph, node, inputs in
            let input = inputs[0]!
            let axis = try input.extents.axis(node.integer("axis", default: 0))
            var begin = 0
            return try graph.splitSizes(input.extents[axis], node).map { size in
                defer { begin += size }
                return try input.cut([Cut(axis: axis, begin: begin, size: size, step: 1)])
            }
        },
        "Gather": FoldingRule(inputs: 2) { graph, node, inputs in
            guard let indices = inputs[1] else { throw ImportError("it has no indices") }
            return [try gather(&graph, inputs[0]!, indices, axis: node.integer("axis", default: 0))]
        },
        "Expand": FoldingRule(inputs: 2) { graph, _, inputs in
            let extents = try inputs[0]!.extents.broadcast(with: inputs[1]!.integers())
            _ = try graph.mayFold(extents)
            return [inputs[0]!.broadcast(to: extents)]
        },
        "ConstantOfShape": FoldingRule(inputs: 1) { graph, node, inputs in
            let extents = try inputs[0]!.integers()
            let count = try graph.mayFold(extents)
            guard let value = try node.tensor("value"), value.count == 1 else {
                return [Constant(extents, floats: Array(repeating: 0, count: count))]
            }
            return [value.gathering(Array(repeating: 0, count: count), extents)]
        },
        "Range": FoldingRule(inputs: 3) { graph, _, inputs in
            let (start, limit, delta) = (inputs[0]!, inputs[1]!, inputs[2]!)
            guard start.isInteger, limit.isInteger, delta.isInteger,
                [start, limit, delta].allSatisfy({ $0.count == 1 }),
                let first = try start.integers().first, let end = try limit.integers().first,
                let step = try delta.integers().first, step != 0,
                [first, end, step].allSatisfy({ $0.magnitude < 1 << 30 })
            else { throw ImportError("its range is not of small integers") }
            _ = try graph.mayFold([abs((end - first) / step) + 1])
            let values = Array(stride(from: first, to: end, by: step))
            return [Constant([values.count], integers: values.map { Int64($0) })]
        },
        "Where": FoldingRule(inputs: 3) { graph, _, inputs in
            let extents = try inputs[0]!.extents.broadcast(with: inputs[1]!.extents).broadcast(with: inputs[2]!.extents)
            _ = try graph.mayFold(extents)
            let parts = inputs.map { $0!.broadcast(to: extents) }
            let condition = try parts[0].integers()
            if case .integers(let a) = parts[1].values, case .integers(let b) = parts[2].values {
                return [Constant(extents, integers: condition.indices.map { condition[$0] != 0 ? a[$0] : b[$0] })]
            }
            let (a, b) = (parts[1].floats, parts[2].floats)
            return [Constant(extents, floats: condition.indices.map { condition[$0] != 0 ? a[$0] : b[$0] })]
        },
    ]

    @Sendable
    private static func concat(
        _ graph: inout GraphImport, _ node: ONNXNode, _ inputs: [Constant?]
    ) throws -> [Constant] {
        let parts = inputs.compactMap { $0 }
        let axis = try parts[0].extents.axis(node.integer("axis", default: 1))
        var extents = parts[0].extents
        extents[axis] = 0
        for part in parts {
            var own = part.extents
            guard own.count == extents.count else { throw ImportError("joins tensors of other ranks") }
            extents[axis] += own[axis]
            own[axis] = parts[0].extents[axis]
            guard own == parts[0].extents else {
                throw ImportError("joins \(parts[0].extents.words) and \(part.extents.words)")
            }
        }
        let outer = try graph.mayFold(Array(extents[..<axis]))
        _ = try graph.mayFold(extents)
        let isInteger = parts.allSatisfy(\.isInteger)
        func joined<Element>(_ values: [[Element]]) -> [Element] {
            (0..<outer).flatMap { row in
                values.flatMap { part -> ArraySlice<Element> in
                    let width = part.count / max(1, outer)
                    return part[row * width..<(row + 1) * width]
                }
            }
        }
        guard isInteger else { return [Constant(extents, floats: joined(parts.map(\.floats)))] }
        return [Constant(extents, integers: joined(try parts.map { try $0.integers().map { Int64($0) } }))]
    }

    private static func gather(
        _ graph: inout GraphImport, _ table: Constant, _ indices: Constant, axis: Int
    ) throws -> Constant {
        let axis = try table.extents.axis(axis)
        let places = try indices.places(of: table.extents[axis])
        let extents = Array(table.extents[..<axis] + indices.extents + table.extents[(axis + 1)...])
        _ = try graph.mayFold(extents)
        let stride = table.extents.strides[axis]
        let outer = Constant.places(
            Array(table.extents[..<axis]), origin: 0, strides: Array(table.extents.strides[..<axis]))
        let elements = outer.flatMap { start in
            places.flatMap { place in (0..<stride).map { start + place * stride + $0 } }
        }
        return table.gathering(elements, extents)
    }
}

extension Constant {
    /// Under extents that a file asks for.
    fileprivate func checked(_ extents: ONNXExtents) throws -> Constant {
        guard try extents.elementCount() == count else {
            throw ImportError("reshapes \(self.extents.words) to \(extents.words): other elements in number")
        }
        return reshaped(extents)
    }

    /// Part of the constant.
    fileprivate func cut(_ cuts: [Cut]) throws -> Constant {
        var (result, strides) = (extents, extents.strides)
        var origin = 0
        for cut in cuts {
            result[cut.axis] = cut.size
            if cut.size > 0 { origin += cut.begin * strides[cut.axis] }
            strides[cut.axis] *= cut.step
        }
        let places = try result.elementCount() == 0 ? [] : Self.places(result, origin: origin, strides: strides)
        return gathering(places, result)
    }
}
