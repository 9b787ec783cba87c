// SPDX-License-Identifier: Apache-2.0
// What layers emit with: tensors, operations, conversions between layouts.

import CDNNL
import NNQGraph

/// A tensor that exists in a second layout too.
struct Conversion {
    let source: Memory
    let result: Memory
}

extension Compiler {
    /// Extents in oneDNN's order. Maps are (batch, channels, rows, columns); the rest are matrices with channels as
    /// their columns.
    func dimensions(_ shape: Shape) -> [Int] {
        shape.isMap
            ? [batch, shape.channels, shape.height, shape.width]
            : [batch * (shape.count / shape.channels), shape.channels]
    }

    /// NHWC for maps, row-major for the rest: the layout of arrays that users see.
    func plainLayout(_ shape: Shape) -> Layout {
        Layout(dimensions(shape), order: shape.isMap ? [0, 2, 3, 1] : [0, 1])
    }

    func memory(_ layout: Layout) throws -> Memory { try Memory(layout, device) }

    /// The same bytes under another layout.
    func view(_ memory: Memory, as layout: Layout) throws -> Memory {
        memory.layout == layout ? memory : try Memory(layout, in: memory.storage, device)
    }

    /// The tensor in another layout: itself where it lies so already, else a copy, made once.
    func converted(_ source: Memory, to layout: Layout, _ name: String) throws -> Memory {
        if source.layout.coincides(with: layout) { return try view(source, as: layout) }
        if let known = conversions.first(where: { $0.source === source && $0.result.layout == layout }) {
            return known.result
        }
        let result = try memory(layout)
        try emitReorder(name, source, result)
        conversions.append(Conversion(source: source, result: result))
        return result
    }

    /// A node's value as users see it.
    func plain(_ source: Memory, _ shape: Shape, _ name: String) throws -> Memory {
        guard !shape.isMap, source.layout.rank == 4 else { return try converted(source, to: plainLayout(shape), name) }
        let rows = try converted(source, to: Layout(source.layout.dimensions, order: [0, 2, 3, 1]), name)
        return try view(rows, as: plainLayout(shape))
    }

    /// A gradient in the layout of the value it belongs to, also where one is a plain vector and the other a map.
    func aligned(_ gradient: Memory, with value: Memory, _ name: String) throws -> Memory {
        switch (gradient.layout.rank, value.layout.rank) {
        case (2, 4):
            let map = Layout(value.layout.dimensions, order: [0, 2, 3, 1])
            return try converted(view(gradient, as: map), to: value.layout, name)
        case (4, 2):
            let rows = Layout(gradient.layout.dimensions, order: [0, 2, 3, 1])
            return try view(converted(gradient, to: rows, name), as: value.layout)
        default: return try converted(gradient, to: value.layout, name)
        }
    }

    func emit(_ name: String, _ description: PrimitiveDescription, _ arguments: [(Int32, Memory)]) throws {
        steps.append(Step(name, try Primitive(description, device, arguments), arguments))
    }

    func emitReorder(_ name: String, _ source: Memory, _ destination: Memory) throws {
        let description = try PrimitiveDescription.reorder(source.layout, destination.layout, device)
        try emit("\(name) reorder", description, [(DNNL_ARG_FROM, source), (DNNL_ARG_TO, destination)])
    }

    /// A step of our own.
    func emit(_ name: String, touching memories: [Memory], _ run: @escaping () -> Void) {
        steps.append(Step(name: name, touches: memories.map(\.storage), run: run))
    }

    /// Registers a parameter of a layer; `plain` is row-major `shape` in oneDNN's dimensions.
    func parameter(
        _ site: Site, _ name: String, shape: [Int], plain: Layout, layout: Layout, isTrained: Bool = true,
        decays: Bool = false
    ) throws -> Parameter {
        let parameter = try Parameter(
            name: "\(site.name).\(name)", shape: shape, plain: plain, layout: layout,
            isTrained: isTraining && isTrained, decays: decays, device)
        parameters.append(parameter)
        return parameter
    }

    /// A parameter that is one value a channel.
    func channelParameter(_ site: Site, _ name: String, _ count: Int, isTrained: Bool = true) throws -> Parameter {
        let layout = Layout(rowMajor: [count])
        return try parameter(site, name, shape: [count], plain: layout, layout: layout, isTrained: isTrained)
    }

    /// How forward operations are to be optimised, and whether they keep what backward ones need.
    var propagation: dnnl_prop_kind_t { isTraining ? dnnl_forward_training : dnnl_forward_inference }
}
