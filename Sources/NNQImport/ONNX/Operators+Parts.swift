// SPDX-License-Identifier: Apache-2.0
// Operators that cut tensors up and put them together.

import NNQFormat
import NNQGraph

extension Operators {
    static let parts: [String: Rule] = [
        "Concat": concat, "Split": split, "Slice": slice, "Pad": pad, "Tile": tile, "Resize": resize,
        "Upsample": resize,
    ]

    private static func concat(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        let operands = try node.inputs.indices.map { try graph.operand(node, $0) }
        guard let first = operands.first else { throw ImportError("it has no input") }
        let axis = try first.extents.axis(node.integer("axis", default: 1))
        return [.computed(try graph.joined(operands, axis: axis, named: node.name))]
    }

    private static func split(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        let value = try graph.anyValue(node, 0)
        let axis = try value.extents.axis(node.integer("axis", default: 0))
        let sizes = try graph.splitSizes(value.extents[axis], node)
        var begin = 0
        return try sizes.enumerated().map { index, size in
            defer { begin += size }
            let name = node.outputs.indices.contains(index) ? node.outputs[index] : "\(node.name).part\(index)"
            return .computed(try graph.cut(value, [Cut(axis: axis, begin: begin, size: size, step: 1)], named: name))
        }
    }

    private static func slice(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        let value = try graph.anyValue(node, 0)
        return [.computed(try graph.cut(value, graph.cuts(value.extents, node), named: node.name))]
    }

    /// Elements at constant places along an axis.
    static func elements(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        let value = try graph.anyValue(node, 0)
        let axis = try value.extents.axis(node.integer("axis", default: 0))
        guard let indices = try graph.constant(node, 1, "indices") else { throw ImportError("it has no indices") }
        guard (1...255).contains(indices.count) else {
            throw ImportError("it picks \(indices.count) places; between 1 and 255 are possible")
        }
        let places = try indices.places(of: value.extents[axis])
        let step = places.count > 1 ? places[1] - places[0] : 1
        let isRange = step != 0 && zip(places, places.dropFirst()).allSatisfy { $1 - $0 == step }
        let picked: Value
        if isRange {
            picked = try graph.cut(
                value, [Cut(axis: axis, begin: places[0], size: places.count, step: step)], named: node.name)
        } else {
            let parts = try places.enumerated().map { number, place in
                ONNXOperand.computed(
                    try graph.cut(
                        value, [Cut(axis: axis, begin: place, size: 1, step: 1)], named: "\(node.name).part\(number)"))
            }
            picked = try graph.joined(parts, axis: axis, named: node.name)
        }
        let extents = value.extents[..<axis] + indices.extents + value.extents[(axis + 1)...]
        return [.computed(try graph.reshape(picked, to: Array(extents)))]
    }

    private static func tile(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        var value = try graph.anyValue(node, 0)
        guard let repeats = try graph.constant(node, 1, "repeats")?.integers(), repeats.count == value.extents.count
        else { throw ImportError("its repeats do not fit its input") }
        for (axis, count) in repeats.enumerated() where count != 1 {
            guard (1...255).contains(count) else {
                throw ImportError("it repeats \(count) times; 1 to 255 are possible")
            }
            value = try graph.joined(
                Array(repeating: .computed(value), count: count), axis: axis, named: "\(node.name).axis\(axis)")
        }
        return [.computed(value)]
    }
}

/// Part of an axis: `size` elements from `begin` on, `step` apart.
struct Cut: Hashable {
    var axis: Int
    var begin: Int
    var size: Int
    var step: Int

    func isWhole(of extent: Int) -> Bool { begin == 0 && size == extent && step == 1 }
}

extension GraphImport {
    /// Operands joined along an axis.
    mutating func joined(_ operands: [ONNXOperand], axis: Int, named name: String) throws -> Value {
        let first = operands[0].extents
        var extents = first
        extents[axis] = 0
        for operand in operands {
            var own = operand.extents
            guard own.count == first.count else { throw ImportError("joins \(first.words) and \(own.words)") }
            extents[axis] += own[axis]
            own[axis] = first[axis]
            guard own == first else { throw ImportError("joins \(first.words) and \(operand.extents.words)") }
        }
        _ = try extents.elementCount()
        if operands.count == 1, case .computed(let value) = operands[0] { return value }
        let values = operands.compactMap { operand -> Value? in
            if case .computed(let value) = operand { value } else { nil }
        }
        let layouts = values.map(\.layout)
        guard let main = layouts.max(by: { $0.count < $1.count }) else { throw ImportError("joins constants only") }
        let isBatched = main.isBatched
        if isBatched, axis == 0 || layouts.count < operands.count { throw ImportError.mixesBatch() }
        guard layouts.allSatisfy({ $0.isBatched == isBatched }) else { throw ImportError.mixesBatch() }
        let axes = memoryOrder(main, including: [axis])
        let inputs = try operands.map { try arranged($0, axes, named: name) }
        return Value(
            node: try joined(inputs, axes.firstIndex(of: axis)!, axes.map { extents[$0] }, named: name),
            layout: Layout(extents, isBatched: isBatched, memory: axes), isInteger: values.contains(where: \.isInteger),
            quantization: try Self.common(values))
    }

    /// The quantization of integers that are joined as they are.
    private static func common(_ values: [Value]) throws -> Quantization? {
        guard values.allSatisfy({ $0.quantization == values[0].quantization }) else {
            throw ImportError("joins integers of other scales")
        }
        return values[0].quantization
    }

    /// Joins of at most 255 tensors each.
    private mutating func joined(_ inputs: [Int], _ axis: Int, _ shape: ONNXExtents, named name: String) throws -> Int {
        guard inputs.count > 255 else {
            return try builder.append(.concat(axis: axis - shape.count), inputs, shape: shape, name: name)
        }
        let parts = try stride(from: 0, to: inputs.count, by: 255).map { begin -> Int in
            let some = Array(inputs[begin..<min(begin + 255, inputs.count)])
            var partShape = shape
            partShape[axis] = some.reduce(0) { $0 + builder.shapes[$1][axis] }
            return some.count == 1 ? some[0] : try joined(some, axis, partShape, named: "\(name).part")
        }
        return try joined(parts, axis, shape, named: name)
    }

    /// The layer of an operand with one extent for each of these axes.
    private mutating func arranged(_ operand: ONNXOperand, _ axes: [Int], named name: String) throws -> Int {
        switch operand {
        case .computed(let value): return try arrange(value, axes.map { [$0] })
        case .constant(let constant):
            let others = constant.extents.indices.filter { !axes.contains($0) }
            let moved = constant.transposed(others + axes)
            return try constantLayer(moved.reshaped(axes.map { constant.extents[$0] }), named: name)
        }
    }

    /// Part of a value.
    mutating func cut(_ value: Value, _ cuts: [Cut], named name: String) throws -> Value {
        let cuts = cuts.filter { !$0.isWhole(of: value.extents[$0.axis]) }
        guard !cuts.isEmpty else { return value }
        guard cuts.allSatisfy({ $0.size >= 1 }) else { throw ImportError("its result is empty") }
        let (source, axes) = try perAxis(value, cuts.map(\.axis))
        var extents = value.extents
        var (begin, step) = (axes.map { _ in 0 }, axes.map { _ in 1 })
        for cut in cuts {
            let place = axes.firstIndex(of: cut.axis)!
            extents[cut.axis] = cut.size
            (begin[place], step[place]) = (cut.begin, cut.step)
        }
        let size = axes.map { extents[$0] }
        let node = try builder.append(
            .slice(begin: begin, size: size, step: step), [source], shape: size, name: name)
        return Value(
            node: node, layout: Layout(extents, isBatched: value.layout.isBatched, memory: axes),
            isInteger: value.isInteger, quantization: value.quantization)
    }

    /// ONNX's Slice: attributes, or inputs from operator set 10 on.
    func cuts(_ extents: ONNXExtents, _ node: ONNXNode) throws -> [Cut] {
        func list(_ index: Int, _ attribute: String) throws -> [Int]? {
            try constant(node, index, attribute)?.integers() ?? node.integers(attribute)
        }
        guard let starts = try list(1, "starts"), let ends = try list(2, "ends") else {
            throw ImportError("it has no starts or no ends")
        }
        let axes = try extents.axes(list(3, "axes") ?? Array(starts.indices))
        let steps = try list(4, "steps") ?? starts.map { _ in 1 }
        guard starts.count == ends.count, axes.count == starts.count, steps.count == starts.count else {
            throw ImportError("its starts, ends, axes and steps differ in number")
        }
        return try axes.indices.map { index in
            let (extent, step) = (extents[axes[index]], steps[index])
            guard step != 0, step > Int.min else { throw ImportError("its steps include \(step)") }
            let least = step > 0 ? 0 : -1
            func place(_ given: Int) -> Int {
                let absolute = given < 0 ? max(given, -extent - 1) + extent : given
                return min(max(absolute, least), step > 0 ? extent : extent - 1)
            }
            let begin = place(starts[index])
            let room = step > 0 ? place(ends[index]) - begin : begin - place(ends[index])
            let size = room <= 0 ? 0 : (room - 1) / abs(step) + 1
            return Cut(axis: axes[index], begin: begin, size: size, step: size <= 1 ? 1 : step)
        }
    }

    /// Sizes of ONNX's Split: given, or equal, the last one smaller.
    func splitSizes(_ extent: Int, _ node: ONNXNode) throws -> [Int] {
        if let sizes = try constant(node, 1, "split")?.integers() ?? node.integers("split") {
            guard sizes.allSatisfy({ (1...extent).contains($0) }), try sizes.checkedSum() == extent else {
                throw ImportError("splits an axis of \(extent) into \(sizes)")
            }
            return sizes
        }
        let count = node.integer("num_outputs", default: node.outputs.count)
        guard count >= 1, count <= extent, count <= 4096 else {
            throw ImportError("splits an axis of \(extent) into \(count) parts")
        }
        let size = (extent + count - 1) / count
        let sizes = (0..<count).map { min(size, extent - $0 * size) }
        guard sizes.allSatisfy({ $0 >= 1 }) else {
            throw ImportError("splits an axis of \(extent) into \(count) parts")
        }
        return sizes
    }
}

extension [Int] {
    fileprivate func checkedSum() throws -> Int {
        try reduce(0) { sum, next in
            let (result, overflows) = sum.addingReportingOverflow(next)
            guard !overflows else { throw ImportError("its sizes are too large") }
            return result
        }
    }
}
