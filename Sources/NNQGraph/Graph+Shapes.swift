// SPDX-License-Identifier: Apache-2.0
// Shape inference: the shape of every node's output, or a sentence about the first layer that cannot be.

extension Graph {
    /// The output shape of every node, by index.
    /// - Throws: `GraphError` that names the layer, what it was given and what it needs.
    public func shapes() throws -> [Shape] {
        var shapes: [Shape] = []
        var names = Set<String>()
        for (index, node) in nodes.enumerated() {
            guard names.insert(node.name).inserted else { throw GraphError.at(node, "another layer has this name") }
            guard node.inputs.allSatisfy({ (0..<index).contains($0) }) else {
                throw GraphError.at(node, "reads a layer that does not come before it")
            }
            shapes.append(try Self.shape(of: node, inputs: node.inputs.map { shapes[$0] }))
        }
        guard !outputs.isEmpty, outputs.allSatisfy(nodes.indices.contains) else {
            throw GraphError("the graph has no output: name at least one layer as its output")
        }
        return shapes
    }

    private static func shape(of node: Node, inputs: [Shape]) throws -> Shape {
        let expected = node.layer.inputCount
        guard expected.contains(inputs.count) else {
            let need =
                expected.lowerBound == expected.upperBound
                ? "\(expected.lowerBound)" : "at least \(expected.lowerBound)"
            throw GraphError.at(node, "has \(inputs.count) inputs and needs \(need)")
        }
        if let size = node.layer.sizes.first(where: { $0.magnitude > 1 << 24 }) {
            throw GraphError.at(node, "has a size of \(size); at most 2^24 is possible")
        }
        let shape = try outputShape(node, inputs)
        try check(node, shape)
        let weights = node.layer.weightCount(inputs: inputs)
        guard weights <= Double(1 << 30) else {
            throw GraphError.at(node, "would have \(Int(min(weights, 0x1p62))) weights; at most 2^30 are possible")
        }
        return shape
    }

    private static func check(_ node: Node, _ output: Shape) throws {
        guard output.rank >= 1, output.dimensions.allSatisfy({ $0 >= 1 && $0 <= 1 << 24 }),
            output.dimensions.reduce(1.0, { $0 * Double($1) }) <= Double(1 << 30)
        else {
            throw GraphError.at(
                node,
                "its output would be \(output): every extent is at least 1 and at most 2^24, all together at most 2^30")
        }
    }

    private static func outputShape(_ node: Node, _ inputs: [Shape]) throws -> Shape {
        switch node.layer {
        case .input(let shape), .constant(let shape): return shape
        case .dense(let units, _):
            try checkUnits(node, units)
            return [units]
        case .conv2D(let filters, let window, let groups, _):
            let input = try map(node, inputs[0])
            try checkGroups(node, input, filters: filters, groups: groups)
            return try slide(node, window, input, channels: filters)
        case .depthwiseConv2D(let multiplier, let window, _):
            let input = try map(node, inputs[0])
            guard multiplier >= 1 else {
                throw GraphError.at(node, "multiplier is \(multiplier), at least 1 is needed")
            }
            return try slide(node, window, input, channels: input.channels * multiplier)
        case .transposedConv2D(let filters, let window, let outputPadding, let groups, _):
            let input = try map(node, inputs[0])
            try checkGroups(node, input, filters: filters, groups: groups)
            return try spread(node, window, outputPadding, input, channels: filters)
        case .maxPool(let window), .averagePool(let window):
            let input = try map(node, inputs[0])
            return try slidePool(node, window, input)
        case .globalAveragePool, .globalMaxPool: return [try map(node, inputs[0]).channels]
        case .batchNorm(let epsilon, let momentum):
            guard epsilon > 0, momentum >= 0, momentum <= 1 else {
                throw GraphError.at(
                    node, "epsilon is above 0 and momentum between 0 and 1; they are \(epsilon) and \(momentum)")
            }
            return inputs[0]
        case .activation(let function):
            try check(node, function)
            return inputs[0]
        case .softmax, .prelu, .l2Normalize: return inputs[0]
        case .dropout(let rate):
            guard rate >= 0, rate < 1 else {
                throw GraphError.at(node, "rate is \(rate); it lies between 0 and 1, 1 excluded")
            }
            return inputs[0]
        case .add, .binary: return try broadcast(node, inputs[0], inputs[1])
        case .matmul(let transposesA, let transposesB):
            return try product(node, inputs[0], transposesA, inputs[1], transposesB)
        case .concat(let axis): return try concatenated(node, axis, inputs)
        case .flatten: return [inputs[0].count]
        case .reshape(let shape):
            try check(node, shape)
            guard shape.count == inputs[0].count else {
                throw GraphError.at(
                    node, "reshapes \(inputs[0]) (\(inputs[0].count) elements) to \(shape) (\(shape.count))")
            }
            return shape
        case .pad(let margins): return try padded(node, margins, map(node, inputs[0]))
        case .slice(let begin, let size, let step): return try sliced(node, begin, size, step, inputs[0])
        case .transpose(let permutation): return try transposed(node, permutation, inputs[0])
        case .resize(let size, _, _):
            guard size.height >= 1, size.width >= 1 else {
                throw GraphError.at(node, "resizes to \(size); at least 1x1 is needed")
            }
            return [size.height, size.width, try map(node, inputs[0]).channels]
        case .reduce(_, let axes, let keepsExtents): return try reduced(node, axes, keepsExtents, inputs[0])
        case .argMax: return Shape(inputs[0].dimensions.dropLast() + [1])
        case .embedding(let count, let channels):
            guard count >= 1, channels >= 1 else {
                throw GraphError.at(node, "count and channels are \(count) and \(channels), at least 1 is needed")
            }
            return Shape(inputs[0].dimensions + [channels])
        case .lstm(let units), .gru(let units, _):
            try checkUnits(node, units)
            guard inputs[0].rank == 2 else {
                throw GraphError.at(
                    node, "needs a sequence [steps, features] and is given \(inputs[0]): reshape before it")
            }
            return [inputs[0][0], units]
        }
    }

    private static func checkUnits(_ node: Node, _ units: Int) throws {
        guard units >= 1 else { throw GraphError.at(node, "units is \(units), at least 1 is needed") }
    }

    private static func check(_ node: Node, _ function: Activation) throws {
        guard function.numbers.allSatisfy(\.isFinite) else {
            throw GraphError.at(node, "the function's numbers \(function.numbers) must be finite")
        }
        switch function {
        case .clip(let low, let high):
            guard low <= high else { throw GraphError.at(node, "clips to \(low)...\(high): low is above high") }
        case .celu(let alpha):
            guard alpha != 0 else { throw GraphError.at(node, "alpha is 0; another number is needed") }
        default: break
        }
    }
}

extension Layer {
    /// How many inputs the layer takes.
    public var inputCount: ClosedRange<Int> {
        switch self {
        case .input, .constant: 0...0
        case .add, .binary, .matmul: 2...2
        case .concat: 2...255
        default: 1...1
        }
    }
}
