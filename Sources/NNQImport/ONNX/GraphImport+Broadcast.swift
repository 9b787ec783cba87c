// SPDX-License-Identifier: Apache-2.0
// Layers of two operands that repeat to each other's extents, and constants brought into a value's order.

import NNQGraph

extension GraphImport {
    /// A layer of two operands, at least one of them computed.
    mutating func combine(_ layer: Layer, _ left: ONNXOperand, _ right: ONNXOperand, named name: String) throws -> Value
    {
        switch (left, right) {
        case (.computed(let value), .constant(let constant)):
            if let result = try withConstant(layer, value, constant, isLeft: false, named: name) { return result }
        case (.constant(let constant), .computed(let value)):
            if let result = try withConstant(layer, value, constant, isLeft: true, named: name) { return result }
        case (.computed(let first), .computed(let second)):
            if first.layout == second.layout {
                let shape = builder.shapes[first.node]
                let other = try builder.reshape(second.node, to: shape)
                let node = try builder.append(layer, [first.node, other], shape: shape, name: name)
                return Value(node: node, layout: first.layout)
            }
        case (.constant, .constant): throw ImportError("both operands are constants")
        }
        return try broadcasting(layer, [left, right], named: name)
    }

    /// Operands of any extents, axis by axis.
    private mutating func broadcasting(_ layer: Layer, _ operands: [ONNXOperand], named name: String) throws -> Value {
        let extents = try operands[0].extents.broadcast(with: operands[1].extents)
        let layouts = operands.compactMap { operand -> Layout? in
            if case .computed(let value) = operand { value.layout } else { nil }
        }
        let isBatched = layouts.contains(where: \.isBatched)
        try checkBatch(operands, extents, isBatched)
        // The largest operand's order of axes serves the result.
        let main = layouts.max { $0.count < $1.count }!
        let shift = extents.count - main.extents.count
        let known = memoryOrder(main, including: []).map { $0 + shift }
        let others = extents.indices.filter {
            extents[$0] > 1 && !known.contains($0) && !(isBatched && $0 == 0)
        }
        let axes = main.memoryAxes == nil ? (known + others).sorted() : others + known
        let inputs = try operands.map { try aligned($0, extents.count, axes, named: name) }
        let shape = axes.map { extents[$0] }
        let node = try builder.append(layer, inputs, shape: shape.isEmpty ? [1] : shape, name: name)
        return Value(node: node, layout: Layout(extents, isBatched: isBatched, memory: axes))
    }

    /// Samples of a batch stay apart where axis 0 of every operand is the batch or repeats.
    private func checkBatch(_ operands: [ONNXOperand], _ extents: ONNXExtents, _ isBatched: Bool) throws {
        guard isBatched else { return }
        for operand in operands {
            if case .computed(let value) = operand, value.layout.isBatched {
                guard value.extents.count == extents.count else { throw ImportError.mixesBatch() }
            } else if operand.extents.count == extents.count, operand.extents[0] != 1 {
                throw ImportError.mixesBatch()
            }
        }
    }

    /// The layer that holds an operand with one extent for each of these axes of the result.
    private mutating func aligned(_ operand: ONNXOperand, _ rank: Int, _ axes: [Int], named name: String) throws -> Int
    {
        switch operand {
        case .computed(let value):
            let full = try reshape(value, to: value.extents.padded(to: rank))
            return try arrange(full, axes.map { [$0] })
        case .constant(let constant):
            let full = constant.reshaped(constant.extents.padded(to: rank))
            let missing = full.extents.indices.filter { !axes.contains($0) }
            let moved = full.transposed(missing + axes)
            return try constantLayer(moved.reshaped(Array(moved.extents.dropFirst(missing.count))), named: name)
        }
    }

    /// A value and a constant that repeats to it; nil where the value must repeat.
    private mutating func withConstant(
        _ layer: Layer, _ value: Value, _ constant: Constant, isLeft: Bool, named name: String
    ) throws -> Value? {
        guard constant.extents.count <= value.extents.count,
            try value.extents.broadcast(with: constant.extents) == value.extents
        else { return nil }
        let shape = builder.shapes[value.node]
        let tensor = try aligned(constant, with: value.layout, shape: shape)
        let other = try constantLayer(Constant(tensor.shape, floats: tensor.values), named: name)
        let inputs = isLeft ? [other, value.node] : [value.node, other]
        return Value(node: try builder.append(layer, inputs, shape: shape, name: name), layout: value.layout)
    }

    /// A constant's elements in the order of a value's memory, so that they repeat to its layer's shape.
    /// - Precondition: the constant's extents repeat to the layout's.
    mutating func aligned(_ constant: Constant, with layout: Layout, shape: ONNXExtents) throws -> Tensor {
        let extents = constant.extents.padded(to: layout.extents.count)
        if constant.count == 1 { return try Tensor(fitting: [1], values: constant.floats) }
        if layout.isBatched, extents[0] != 1 { throw ImportError.mixesBatch() }
        var parts: ONNXExtents = []
        for (axis, range) in layout.ranges.enumerated() {
            let isFull = extents[axis] == layout.extents[axis]
            parts += range.map { isFull ? layout.factors[$0] : 1 }
        }
        let moved = constant.reshaped(parts).transposed(layout.order)
        let memory = layout.order.map { layout.factors[$0] }
        if let grouped = Self.grouped(moved.extents, memory, shape) {
            return try Tensor(fitting: Self.withoutOuterOnes(grouped), values: moved.floats)
        }
        _ = try mayFold(memory)
        return try Tensor(fitting: shape, values: moved.broadcast(to: memory).floats)
    }

    /// A constant's extents along the axes of a shape; nil where it repeats along a part of one.
    private static func grouped(_ parts: ONNXExtents, _ memory: ONNXExtents, _ shape: ONNXExtents) -> ONNXExtents? {
        var result: ONNXExtents = []
        var next = 0
        for extent in shape {
            var (product, part) = (1, 1)
            while product < extent, next < memory.count {
                product *= memory[next]
                part *= parts[next]
                next += 1
            }
            guard product == extent, part == 1 || part == extent else { return nil }
            result.append(part)
        }
        return result
    }

    private static func withoutOuterOnes(_ extents: ONNXExtents) -> ONNXExtents {
        let inner = Array(extents.drop { $0 == 1 })
        return inner.isEmpty ? [1] : inner
    }
}
