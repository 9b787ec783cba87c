// SPDX-License-Identifier: Apache-2.0
// Borders: of zeros around maps, and of anything along any axis.

import NNQGraph

extension Operators {
    static func pad(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [Operand] {
        var value = try graph.anyValue(node, 0)
        let pads = try graph.paddings(value.extents, node)
        let mode = node.string("mode", default: "constant")
        let fill = try graph.constant(node, 2, "value")?.scalar() ?? node.float("value", default: 0)
        // Negative padding cuts.
        let cuts = try pads.compactMap { pad -> Cut? in
            guard pad.before < 0 || pad.after < 0 else { return nil }
            let begin = max(0, -pad.before)
            let size = value.extents[pad.axis] - begin - max(0, -pad.after)
            guard size >= 1 else { throw ImportError("its negative padding leaves nothing") }
            return Cut(axis: pad.axis, begin: begin, size: size, step: 1)
        }
        value = try graph.cut(value, cuts, named: "\(node.name).cut")
        let borders = pads.filter { $0.before > 0 || $0.after > 0 }
        if mode == "constant", fill == 0, let padded = try graph.margins(value, borders, named: node.name) {
            return [.computed(padded)]
        }
        for border in borders {
            value = try graph.bordered(value, border, mode: mode, fill: fill, named: "\(node.name).axis\(border.axis)")
        }
        return [.computed(value)]
    }
}

/// Elements added before and after an axis; below 0, removed.
private struct Border {
    var axis: Int
    var before: Int
    var after: Int
}

extension GraphImport {
    fileprivate func paddings(_ extents: Extents, _ node: ONNXNode) throws -> [Border] {
        guard let pads = try constant(node, 1, "pads")?.integers() ?? node.integers("pads") ?? node.integers("paddings")
        else { throw ImportError("it has no pads") }
        let axes = try extents.axes(constant(node, 3, "axes")?.integers() ?? Array(extents.indices))
        guard pads.count == 2 * axes.count, pads.allSatisfy({ abs($0 / 2) <= 1 << 23 }) else {
            throw ImportError("its pads \(pads) do not fit \(extents.words)")
        }
        return axes.enumerated().map { index, axis in
            Border(axis: axis, before: pads[index], after: pads[index + axes.count])
        }
    }

    /// Zeros around the rows and columns of a map; nil where other axes grow too.
    fileprivate mutating func margins(_ value: Value, _ borders: [Border], named name: String) throws -> Value? {
        guard value.extents.count == 4, borders.allSatisfy({ $0.axis >= 2 }),
            value.layout.isBatched || value.extents[0] == 1
        else { return nil }
        if borders.isEmpty { return value }
        let map = try arrange(value, [[2], [3], [1]])
        var margins = Margins()
        for border in borders {
            if border.axis == 2 { (margins.top, margins.bottom) = (max(0, border.before), max(0, border.after)) }
            if border.axis == 3 { (margins.left, margins.right) = (max(0, border.before), max(0, border.after)) }
        }
        var extents = value.extents
        extents[2] += margins.top + margins.bottom
        extents[3] += margins.left + margins.right
        let layout = Layout(extents, isBatched: value.layout.isBatched, memory: [2, 3, 1])
        let node = try builder.append(
            .pad(margins), [map], shape: [extents[2], extents[3], extents[1]], name: name)
        return Value(node: node, layout: layout, isInteger: value.isInteger)
    }

    /// A border along one axis, as a join of what stands there.
    fileprivate mutating func bordered(
        _ value: Value, _ border: Border, mode: String, fill: Float, named name: String
    ) throws -> Value {
        let extent = value.extents[border.axis]
        func side(_ size: Int, isBefore: Bool) throws -> [Operand] {
            guard size > 0 else { return [] }
            let part = "\(name).\(isBefore ? "before" : "after")"
            switch mode {
            case "constant":
                var extents = value.extents
                extents[border.axis] = size
                let count = try mayFold(extents)
                return [.constant(Constant(extents, floats: Array(repeating: fill, count: count)))]
            case "edge":
                guard size <= 255 else { throw ImportError("its edge padding is above 255") }
                let edge = Cut(axis: border.axis, begin: isBefore ? 0 : extent - 1, size: 1, step: 1)
                return Array(repeating: .computed(try cut(value, [edge], named: part)), count: size)
            case "reflect":
                guard size < extent else { throw ImportError("its padding is as large as what it reflects") }
                let begin = isBefore ? size : extent - 2
                return [
                    .computed(
                        try cut(
                            value, [Cut(axis: border.axis, begin: begin, size: size, step: size == 1 ? 1 : -1)],
                            named: part))
                ]
            default: throw ImportError("its mode is '\(mode)'; constant, edge and reflect are possible")
            }
        }
        let parts = try side(border.before, isBefore: true) + [.computed(value)] + side(border.after, isBefore: false)
        return try joined(parts, axis: border.axis, named: name)
    }
}
