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
        case .input(let shape): return shape
        case .dense(let units, _):
            guard units >= 1 else { throw GraphError.at(node, "units is \(units), at least 1 is needed") }
            return [units]
        case .conv2D(let filters, let window, let groups, _):
            let input = try map(node, inputs[0])
            guard filters >= 1, groups >= 1 else { throw GraphError.at(node, "filters and groups are at least 1") }
            guard input.channels % groups == 0, filters % groups == 0 else {
                throw GraphError.at(
                    node, "\(input.channels) input and \(filters) output channels: groups (\(groups)) must divide both")
            }
            return try slide(node, window, input, channels: filters)
        case .depthwiseConv2D(let multiplier, let window, _):
            let input = try map(node, inputs[0])
            guard multiplier >= 1 else {
                throw GraphError.at(node, "multiplier is \(multiplier), at least 1 is needed")
            }
            return try slide(node, window, input, channels: input.channels * multiplier)
        case .maxPool(let window), .averagePool(let window):
            let input = try map(node, inputs[0])
            return try slidePool(node, window, input)
        case .globalAveragePool: return [try map(node, inputs[0]).channels]
        case .batchNorm(let epsilon, let momentum):
            guard epsilon > 0, momentum >= 0, momentum <= 1 else {
                throw GraphError.at(
                    node, "epsilon is above 0 and momentum between 0 and 1; they are \(epsilon) and \(momentum)")
            }
            return inputs[0]
        case .activation, .softmax: return inputs[0]
        case .dropout(let rate):
            guard rate >= 0, rate < 1 else {
                throw GraphError.at(node, "rate is \(rate); it lies between 0 and 1, 1 excluded")
            }
            return inputs[0]
        case .add:
            guard inputs[0] == inputs[1] else {
                throw GraphError.at(node, "adds \(inputs[0]) and \(inputs[1]): the shapes must be equal")
            }
            return inputs[0]
        case .concat: return try concatenated(node, inputs)
        case .flatten: return [inputs[0].count]
        case .reshape(let shape):
            try check(node, shape)
            guard shape.count == inputs[0].count else {
                throw GraphError.at(
                    node, "reshapes \(inputs[0]) (\(inputs[0].count) elements) to \(shape) (\(shape.count))")
            }
            return shape
        case .pad(let margins):
            let input = try map(node, inputs[0])
            guard [margins.top, margins.bottom, margins.left, margins.right].allSatisfy({ $0 >= 0 }) else {
                throw GraphError.at(node, "padding is negative")
            }
            return [
                input.height + margins.top + margins.bottom, input.width + margins.left + margins.right, input.channels,
            ]
        }
    }

    private static func map(_ node: Node, _ shape: Shape) throws -> Shape {
        guard shape.isMap else {
            throw GraphError.at(node, "needs a map [height, width, channels] and is given \(shape): reshape before it")
        }
        return shape
    }

    private static func slide(_ node: Node, _ window: Window, _ input: Shape, channels: Int) throws -> Shape {
        try checkSizes(node, window)
        let margins = window.margins(for: input)
        guard [margins.top, margins.bottom, margins.left, margins.right].allSatisfy({ $0 >= 0 }) else {
            throw GraphError.at(node, "padding is negative")
        }
        guard let size = window.outputSize(for: input) else {
            throw GraphError.at(
                node, "a \(window.extent) window does not fit into \(input): use smaller kernels or padding")
        }
        return [size.height, size.width, channels]
    }

    private static func checkSizes(_ node: Node, _ window: Window) throws {
        let sizes = [window.kernel, window.stride, window.dilation]
        guard sizes.allSatisfy({ $0.height >= 1 && $0.width >= 1 }) else {
            throw GraphError.at(node, "kernel, stride and dilation are at least 1")
        }
    }

    /// A pool's window must see at least one element wherever it stands.
    private static func slidePool(_ node: Node, _ window: Window, _ input: Shape) throws -> Shape {
        try checkSizes(node, window)
        let margins = window.margins(for: input)
        guard margins.top < window.kernel.height, margins.bottom < window.kernel.height,
            margins.left < window.kernel.width, margins.right < window.kernel.width
        else { throw GraphError.at(node, "padding is as large as the window: some outputs would see no input") }
        guard window.dilation == 1 else { throw GraphError.at(node, "pools have no dilation") }
        return try slide(node, window, input, channels: input.channels)
    }

    private static func concatenated(_ node: Node, _ inputs: [Shape]) throws -> Shape {
        var shape = inputs[0]
        for other in inputs.dropFirst() {
            guard other.dimensions.dropLast() == shape.dimensions.dropLast(), other.rank == shape.rank else {
                throw GraphError.at(node, "joins \(inputs[0]) and \(other): all but the channels must be equal")
            }
            shape.dimensions[shape.rank - 1] += other.channels
        }
        return shape
    }
}

extension Layer {
    /// How many inputs the layer takes.
    public var inputCount: ClosedRange<Int> {
        switch self {
        case .input: 0...0
        case .add: 2...2
        case .concat: 2...255
        default: 1...1
        }
    }
}
