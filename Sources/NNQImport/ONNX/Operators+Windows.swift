// SPDX-License-Identifier: Apache-2.0
// Convolutions, pools and resizing: what slides over a map, or over a sequence as a map of one row.

import NNQGraph

extension Operators {
    static let windows: [String: Rule] = [
        "Conv": convolution, "ConvTranspose": transposedConvolution,
        "MaxPool": { try pool(&$0, $1, isMax: true) }, "AveragePool": { try pool(&$0, $1, isMax: false) },
        "GlobalAveragePool": { try globalPool(&$0, $1, .globalAveragePool) },
        "GlobalMaxPool": { try globalPool(&$0, $1, .globalMaxPool) },
    ]

    private static func convolution(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        let map = try graph.map(node)
        guard let weight = try graph.constant(node, 1, "weights") else { throw ImportError("it has no weights") }
        let groups = node.integer("group", default: 1)
        let shape = try map.filterExtents(weight, groups: groups)
        guard groups >= 1, shape[1] * groups == map.channels, shape[0] % groups == 0 else {
            throw ImportError(
                "its weights are \(weight.extents.words) in \(groups) groups, its input has \(map.channels) channels")
        }
        let window = try SlidingWindow(node, map, kernel: [shape[2], shape[3]]).window
        let isDepthwise = groups == map.channels && groups > 1
        var parameters = try graph.bias(node, shape[0])
        // [out_c, in_c / groups, kh, kw] to [out_c, kh, kw, in_c / groups].
        let moved = weight.reshaped(shape).transposed([0, 2, 3, 1])
        parameters["weight"] = try Tensor(fitting: moved.extents, values: moved.floats)
        let hasBias = parameters["bias"] != nil
        let layer: Layer =
            isDepthwise
            ? .depthwiseConv2D(multiplier: shape[0] / groups, window: window, bias: hasBias)
            : .conv2D(filters: shape[0], window: window, groups: groups, bias: hasBias)
        guard let size = window.outputSize(for: map.shape) else {
            throw ImportError("a \(window.extent) window does not fit into \(map.shape)")
        }
        let results = try graph.slid(map, layer, size, channels: shape[0], node, parameters)
        graph.weightScales[graph.builder.nodes.count - 1] = weight.channelScales(axis: 0, shape[0])?.values
        return results
    }

    private static func transposedConvolution(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        let map = try graph.map(node)
        guard let weight = try graph.constant(node, 1, "weights") else { throw ImportError("it has no weights") }
        let groups = node.integer("group", default: 1)
        let shape = try map.filterExtents(weight, groups: groups)
        guard groups >= 1, shape[0] == map.channels, shape[0] % groups == 0 else {
            throw ImportError(
                "its weights are \(weight.extents.words) in \(groups) groups, its input has \(map.channels) channels")
        }
        let filters = try [shape[1], groups].elementCount()
        let window = try SlidingWindow(node, map, kernel: [shape[2], shape[3]])
        let (transposed, outputPadding) = try window.transposed(node, map)
        // [in_c, out_c / groups, kh, kw] to [out_c, kh, kw, in_c / groups].
        let moved = weight.reshaped([groups, shape[0] / groups, shape[1], shape[2], shape[3]])
            .transposed([0, 2, 3, 4, 1])
        var parameters = try graph.bias(node, filters)
        parameters["weight"] = Tensor(
            shape: [filters, shape[2], shape[3], shape[0] / groups], values: moved.floats)
        let layer = Layer.transposedConv2D(
            filters: filters, window: transposed, outputPadding: outputPadding, groups: groups,
            bias: parameters["bias"] != nil)
        let size = transposed.transposedOutputSize(for: map.shape, outputPadding: outputPadding)
        guard size.height >= 1, size.width >= 1 else { throw ImportError("its padding cuts all of the output off") }
        return try graph.slid(map, layer, size, channels: filters, node, parameters)
    }

    private static func pool(_ graph: inout GraphImport, _ node: ONNXNode, isMax: Bool) throws -> [ONNXOperand] {
        var map = try graph.map(node)
        guard let kernel = node.integers("kernel_shape"), kernel.count == map.rank else {
            throw ImportError("its kernel_shape does not fit its input")
        }
        let sliding = try SlidingWindow(node, map, kernel: kernel.count == 1 ? [1] + kernel : kernel)
        guard sliding.window.dilation == 1 else { throw ImportError("nnq's pools have no dilation") }
        var window = sliding.window
        let given = window.margins(for: map.shape)
        if node.flag("ceil_mode") { window = try SlidingWindow.roundingUp(window, map.shape) }
        let needed = window.margins(for: map.shape)
        // Padding that counts is a border of zeros; what rounding up adds to it never counts.
        let zeros = Margins(
            top: given.top, bottom: min(given.bottom, needed.bottom), left: given.left,
            right: min(given.right, needed.right))
        if !isMax, node.flag("count_include_pad"), zeros != .zero {
            let shape = Shape([
                map.shape.height + zeros.top + zeros.bottom, map.shape.width + zeros.left + zeros.right, map.channels,
            ])
            map.node = try graph.builder.append(
                .pad(zeros), [map.node], shape: shape.dimensions, name: "\(node.name).pad")
            map.shape = shape
            let (bottom, right) = (needed.bottom - zeros.bottom, needed.right - zeros.right)
            window.padding = bottom + right == 0 ? .valid : .explicit(top: 0, bottom: bottom, left: 0, right: right)
        }
        guard let size = window.outputSize(for: map.shape) else {
            throw ImportError("a \(window.extent) window does not fit into \(map.shape)")
        }
        return try graph.slid(map, isMax ? .maxPool(window) : .averagePool(window), size, channels: map.channels, node)
    }

    private static func globalPool(
        _ graph: inout GraphImport, _ node: ONNXNode, _ layer: Layer
    ) throws -> [ONNXOperand] {
        let map = try graph.map(node)
        return try graph.slid(map, layer, 1, channels: map.channels, node, shape: [map.channels])
    }
}

/// ONNX's `[N, C, H, W]` or `[N, C, L]` as a map of the graph.
struct MapInput {
    var node: Int
    var shape: Shape
    let value: Value
    /// Spatial axes in ONNX: 2, or 1 for sequences.
    let rank: Int

    var channels: Int { shape.channels }

    /// A filter's extents with two spatial axes.
    func filterExtents(_ weight: Constant, groups: Int) throws -> ONNXExtents {
        guard weight.extents.count == rank + 2, weight.extents.allSatisfy({ $0 >= 1 }), groups >= 1,
            groups <= ONNXExtents.mostElements
        else {
            throw ImportError("its weights are \(weight.extents.words), its input is \(value.extents.words)")
        }
        return rank == 2 ? weight.extents : [weight.extents[0], weight.extents[1], 1, weight.extents[2]]
    }
}

extension GraphImport {
    /// Input 0 of an operator as a map, channels last.
    mutating func map(_ node: ONNXNode) throws -> MapInput {
        let value = try anyValue(node, 0)
        guard !value.isInteger || (value.quantization != nil && node.operation == "MaxPool") else {
            throw ImportError("its input '\(node.inputs[0])' holds integers; nnq computes with floats only")
        }
        let extents = value.extents
        guard extents.count == 3 || extents.count == 4 else {
            throw ImportError("its input is \(extents.words); nnq's maps have one or two spatial axes")
        }
        guard value.layout.isBatched || extents[0] == 1 else { throw ImportError.mixesBatch() }
        let groups = extents.count == 3 ? [[], [2], [1]] : [[2], [3], [1]]
        let map = try arrange(value, groups)
        return MapInput(node: map, shape: Shape(builder.shapes[map]), value: value, rank: extents.count - 2)
    }

    /// Appends a layer that makes a map of another size of a map.
    mutating func slid(
        _ map: MapInput, _ layer: Layer, _ size: Pair, channels: Int, _ node: ONNXNode,
        _ parameters: [String: Tensor] = [:], shape: ONNXExtents? = nil
    ) throws -> [ONNXOperand] {
        let index = try builder.append(
            layer, [map.node], shape: shape ?? [size.height, size.width, channels], name: node.name, parameters)
        let spatial = map.rank == 2 ? [size.height, size.width] : [size.width]
        let layout = Layout(
            [map.value.extents[0], channels] + spatial, isBatched: map.value.layout.isBatched,
            memory: map.rank == 2 ? [2, 3, 1] : [2, 1])
        return [
            .computed(
                Value(
                    node: index, layout: layout, isInteger: map.value.isInteger, quantization: map.value.quantization))
        ]
    }

    /// The bias that a convolution has as input 2.
    func bias(_ node: ONNXNode, _ filters: Int) throws -> [String: Tensor] {
        guard let bias = try constant(node, 2, "bias") else { return [:] }
        guard bias.count == filters else {
            throw ImportError("its bias has \(bias.count) values for \(filters) filters")
        }
        return ["bias": try Tensor(fitting: [filters], values: bias.floats)]
    }
}
