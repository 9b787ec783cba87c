// SPDX-License-Identifier: Apache-2.0
// Layers of several tensors or of any rank as ONNX's operators.

import NNQGraph

extension GraphExport {
    /// Two operands, brought to one rank and order so that ONNX's broadcasting is the graph's.
    mutating func combine(_ index: Int, _ operation: String) {
        let inputs = model.graph.nodes[index].inputs.map { ordered($0) }
        let rank = shapes[index].rank
        if rank == 3, inputs.contains(where: { $0.order == .channelsFirst }) {
            let maps = inputs.map { channelsFirst($0, rank: 3) }
            return result(index, operation, maps, order: .channelsFirst)
        }
        let operands = inputs.map { input -> Exported in
            var operand = plain(input)
            guard operand.shape.rank < rank else { return operand }
            operand.shape = operand.shape.padded(to: rank)
            operand.name = reshaped(operand.name, operand.shape.dimensions, named: "\(operand.name).padded")
            return operand
        }
        result(index, operation, operands, order: .plain)
    }

    mutating func product(_ index: Int, _ transposesA: Bool, _ transposesB: Bool) {
        let node = model.graph.nodes[index]
        let operands = node.inputs.map { plain($0) }
        let rank = max(2, operands.map(\.shape.rank).max()!)
        let flags = [transposesA, transposesB]
        let names = operands.enumerated().map { side, operand -> String in
            var dimensions = operand.shape.dimensions
            if dimensions.count == 1 { dimensions = side == 0 ? [1, dimensions[0]] : [dimensions[0], 1] }
            dimensions = Shape(dimensions).padded(to: rank).dimensions
            var name = operand.name
            if dimensions != operand.shape.dimensions {
                name = reshaped(name, dimensions, named: "\(node.name).operand")
            }
            guard flags[side] else { return name }
            let permutation = Array(0..<rank - 1) + [rank, rank - 1]
            return append(
                "Transpose", [name], [.integers("perm", permutation)], output: fresh("\(node.name).transposed"))
        }
        let isVector = operands.contains { $0.shape.rank == 1 }
        guard isVector else {
            append("MatMul", names, output: node.name)
            return define(index, Exported(name: node.name, shape: shapes[index], order: .plain))
        }
        let full = append("MatMul", names, output: fresh("\(node.name).full"))
        let target = initializer("\(node.name).shape", [0] + shapes[index].dimensions)
        append("Reshape", [full, target], output: node.name)
        define(index, Exported(name: node.name, shape: shapes[index], order: .plain))
    }

    mutating func concat(_ index: Int, _ axis: Int) {
        var inputs = model.graph.nodes[index].inputs.map { repeated(ordered($0)) }
        if inputs.contains(where: { $0.order == .channelsFirst }) {
            inputs = inputs.map { channelsFirst($0, rank: 3) }
        }
        result(index, "Concat", inputs, [.integer("axis", self.axis(axis, of: inputs[0]))])
    }

    /// A constant, of which there is one for all samples, once for each of them.
    private mutating func repeated(_ tensor: Exported) -> Exported {
        guard graph.initializer.contains(where: { $0.name == tensor.name }), let input = graph.input.first else {
            return tensor
        }
        var result = tensor
        let shape = append(
            "Shape", [input.name], [.integer("start", 0), .integer("end", 1)],
            output: fresh("\(tensor.name).batch"))
        let ones = initializer("\(tensor.name).ones", tensor.onnxExtents.map { _ in 1 })
        let target = append("Concat", [shape, ones], [.integer("axis", 0)], output: fresh("\(tensor.name).extents"))
        result.name = append("Expand", [tensor.name, target], output: fresh("\(tensor.name).repeated"))
        return result
    }

    mutating func slice(_ index: Int, _ begin: [Int], _ size: [Int], _ step: [Int]) {
        let node = model.graph.nodes[index]
        let input = ordered(node.inputs[0])
        let axes = begin.indices.map { axis($0, of: input) }
        // Before the first element is -1, which ONNX would count from the end.
        let ends = begin.indices.map { axis -> Int in
            let end = begin[axis] + size[axis] * step[axis]
            return end < 0 ? Int.min + 1 : end
        }
        let constants = [("starts", begin), ("ends", ends), ("axes", axes), ("steps", step)].map {
            initializer("\(node.name).\($0.0)", $0.1)
        }
        result(index, "Slice", [input], constants: constants)
    }

    mutating func reduce(_ index: Int, _ reduction: Reduction, _ axes: [Int], _ keepsExtents: Bool) {
        let node = model.graph.nodes[index]
        let input = keepsExtents ? ordered(node.inputs[0]) : plain(node.inputs[0])
        let places = initializer("\(node.name).axes", axes.map { axis($0, of: input) })
        let operation = ["mean": "ReduceMean", "sum": "ReduceSum", "maximum": "ReduceMax", "minimum": "ReduceMin"]
        let keeps = keepsExtents || axes.count == input.shape.rank
        guard keeps == keepsExtents else {
            let reduced = append(
                operation[reduction.rawValue]!, [input.name, places], [.integer("keepdims", 1)],
                output: fresh("\(node.name).reduced"))
            let target = initializer("\(node.name).shape", [0, 1])
            append("Reshape", [reduced, target], output: node.name)
            return define(index, Exported(name: node.name, shape: shapes[index], order: .plain))
        }
        result(
            index, operation[reduction.rawValue]!, [input], [.integer("keepdims", keeps ? 1 : 0)], constants: [places])
    }

    mutating func argMax(_ index: Int) {
        let node = model.graph.nodes[index]
        let input = ordered(node.inputs[0])
        let place = append(
            "ArgMax", [input.name], [.integer("axis", axis(-1, of: input)), .integer("keepdims", 1)],
            output: fresh("\(node.name).place"))
        let found = Exported(name: place, shape: shapes[index], order: input.order)
        result(index, "Cast", [found], [.integer("to", 1)])
    }

    /// Whether a layer is an input that only embeddings read: ONNX has it as integers.
    func isIndex(_ index: Int) -> Bool {
        let readers = model.graph.nodes.filter { $0.inputs.contains(index) }
        return !readers.isEmpty && !model.graph.outputs.contains(index)
            && readers.allSatisfy { if case .embedding = $0.layer { true } else { false } }
    }

    mutating func embedding(_ index: Int) {
        let node = model.graph.nodes[index]
        let table = parameter(index, "weight")!
        let weight = initializer("\(node.name).weight", table.shape, table.values)
        let input = plain(node.inputs[0])
        if case .input = model.graph.nodes[node.inputs[0]].layer, isIndex(node.inputs[0]) {
            append("Gather", [weight, input.name], [.integer("axis", 0)], output: node.name)
            return define(index, Exported(name: node.name, shape: shapes[index], order: .plain))
        }
        let low = initializer("\(node.name).first", [], [0])
        let high = initializer("\(node.name).last", [], [Float(table.shape[0] - 1)])
        let inside = append("Clip", [input.name, low, high], output: fresh("\(node.name).inside"))
        let places = append("Cast", [inside], [.integer("to", 7)], output: fresh("\(node.name).places"))
        append("Gather", [weight, places], [.integer("axis", 0)], output: node.name)
        define(index, Exported(name: node.name, shape: shapes[index], order: .plain))
    }

    /// - Parameter gates: where ONNX's gates stand among the graph's.
    mutating func recurrence(
        _ index: Int, _ operation: String, _ units: Int, gates: [Int], _ attributes: [Attribute]
    ) {
        let node = model.graph.nodes[index]
        let input = plain(node.inputs[0])
        func constant(_ name: String) -> [Float] {
            let tensor = parameter(index, name)!
            let width = tensor.count / (gates.count * units)
            return gates.flatMap { tensor.values[$0 * units * width..<($0 + 1) * units * width] }
        }
        let size = gates.count * units
        let recurrent = gates.count == 3 ? constant("recurrent_bias") : Array(repeating: 0, count: size)
        let features = input.shape.channels
        let constants = [
            initializer("\(node.name).weight", [1, size, features], constant("weight")),
            initializer("\(node.name).recurrent_weight", [1, size, units], constant("recurrent_weight")),
            initializer("\(node.name).bias", [1, 2 * size], constant("bias") + recurrent),
        ]
        // ONNX's sequences are [t, N, features], their results [t, 1, N, units].
        let sequence = append(
            "Transpose", [input.name], [.integers("perm", [1, 0, 2])], output: fresh("\(node.name).steps"))
        let all = append(
            operation, [sequence] + constants, [.integer("hidden_size", units)] + attributes,
            output: fresh("\(node.name).all"))
        let direction = initializer("\(node.name).direction", [1])
        let states = append("Squeeze", [all, direction], output: fresh("\(node.name).states"))
        append("Transpose", [states], [.integers("perm", [1, 0, 2])], output: node.name)
        define(index, Exported(name: node.name, shape: shapes[index], order: .plain))
    }
}
