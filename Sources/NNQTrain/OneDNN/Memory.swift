// SPDX-License-Identifier: Apache-2.0
// Tensors in memory: bytes whose place is found after compilation, and oneDNN's views of them.

import CDNNL

/// Bytes that one or more tensors live in. The memory planner gives them their address.
package final class Storage {
    let byteCount: Int
    /// Kept from start to end: parameters, inputs, results.
    var isPinned: Bool
    private(set) var base: UnsafeMutableRawPointer?
    /// What `base` points into lives as long as this.
    private var block: Block?
    private var handles: [dnnl_memory_t] = []

    package init(byteCount: Int, isPinned: Bool = false) {
        self.byteCount = byteCount
        self.isPinned = isPinned
    }

    package func place(in block: Block, at offset: Int = 0) throws {
        let address = block.base + offset
        self.block = block
        base = address
        for handle in handles { try check(dnnl_memory_set_data_handle(handle, address), "place a tensor") }
    }

    deinit { for handle in handles { dnnl_memory_destroy(handle) } }

    fileprivate func attach(_ handle: dnnl_memory_t) throws {
        handles.append(handle)
        if let base { try check(dnnl_memory_set_data_handle(handle, base), "place a tensor") }
    }
}

/// A tensor: a layout and the storage it describes.
final class Memory {
    let layout: Layout
    let storage: Storage
    let handle: dnnl_memory_t

    init(_ layout: Layout, in storage: Storage, _ device: Device) throws {
        var layout = layout
        var handle: dnnl_memory_t?
        try check(dnnl_memory_create(&handle, &layout.raw, device.engine, nil), "describe a tensor")
        self.layout = layout
        self.storage = storage
        self.handle = handle!
        try storage.attach(self.handle)
    }

    convenience init(_ layout: Layout, _ device: Device, isPinned: Bool = false) throws {
        try self.init(layout, in: Storage(byteCount: layout.byteCount, isPinned: isPinned), device)
    }

    /// The elements in memory order, padding included. Only after placement, and as long as this memory lives: where
    /// nothing else holds it, `withExtendedLifetime` has to.
    var floats: UnsafeMutablePointer<Float> { storage.base!.assumingMemoryBound(to: Float.self) }
    var storedCount: Int { layout.byteCount / 4 }
}
