// SPDX-License-Identifier: Apache-2.0
// A parameter of a compiled network: in the layout its layer prefers, converted on the way in and out.

import CDNNL
import NNQGraph

/// One parameter, and its gradient where it is trained.
final class Parameter {
    let name: String
    let shape: [Int]
    /// Weights of dense and convolution layers shrink under weight decay; biases and batch norm's parameters do not.
    let decays: Bool
    /// Whether its size means something: not of logarithms.
    let hasLength: Bool
    let value: Memory
    let gradient: Memory?
    /// The value as its layer uses it, where that is not the value itself but rounded.
    var rounded: RoundedFilter?
    var used: Memory { rounded?.value ?? value }
    /// Row-major `shape`, with the dimensions in oneDNN's order.
    private let plain: Layout
    private let device: Device

    init(
        name: String, shape: [Int], plain: Layout, layout: Layout, isTrained: Bool, decays: Bool,
        hasLength: Bool = true, _ device: Device
    ) throws {
        self.name = name
        self.shape = shape
        self.plain = plain
        self.decays = decays
        self.hasLength = hasLength
        self.device = device
        value = try Memory(layout, device, isPinned: true)
        gradient = isTrained ? try Memory(layout, device, isPinned: true) : nil
    }

    /// A copy of `memory` (the value, the gradient, or an optimizer's state in the same layout), row-major.
    func read(_ memory: Memory) throws -> Tensor {
        let copy = try temporary(plain)
        try reorder(memory, copy)
        return withExtendedLifetime(copy) {
            Tensor(shape: shape, values: Array(UnsafeBufferPointer(start: copy.floats, count: plain.count)))
        }
    }

    /// Fills `memory`, laid out as the value is, with a row-major tensor.
    func write(_ tensor: Tensor, to memory: Memory) throws {
        let copy = try temporary(plain)
        tensor.values.withUnsafeBufferPointer { copy.floats.update(from: $0.baseAddress!, count: plain.count) }
        try reorder(copy, memory)
    }

    /// A tensor of the parameter's shape as it lies in memory, padding included.
    func placed(_ tensor: Tensor) throws -> [Float] {
        let copy = try temporary(value.layout)
        try write(tensor, to: copy)
        return withExtendedLifetime(copy) {
            Array(UnsafeBufferPointer(start: copy.floats, count: copy.storedCount))
        }
    }

    private func temporary(_ layout: Layout) throws -> Memory {
        let memory = try Memory(layout, device)
        try memory.storage.place(in: Block(byteCount: layout.byteCount))
        return memory
    }

    private func reorder(_ source: Memory, _ destination: Memory) throws {
        let description = try PrimitiveDescription.reorder(source.layout, destination.layout, device)
        try Primitive(description, device, [(DNNL_ARG_FROM, source), (DNNL_ARG_TO, destination)]).run()
    }
}

extension PrimitiveDescription {
    /// A copy from one layout to another.
    static func reorder(_ source: Layout, _ destination: Layout, _ device: Device) throws -> PrimitiveDescription {
        var raw: dnnl_primitive_desc_t?
        let status = withUnsafePointer(to: source.raw) { source in
            withUnsafePointer(to: destination.raw) { destination in
                dnnl_reorder_primitive_desc_create(&raw, source, device.engine, destination, device.engine, nil)
            }
        }
        try check(status, "convert one layout into another")
        return PrimitiveDescription(adopting: raw!)
    }
}
