// SPDX-License-Identifier: Apache-2.0
// Places tensors in one block of memory so that those which never live at once may share bytes.

/// Aligned, zeroed bytes.
package final class Block {
    static let alignment = 64
    let base: UnsafeMutableRawPointer
    let byteCount: Int

    package init(byteCount: Int) {
        self.byteCount = byteCount
        base = .allocate(byteCount: max(byteCount, Self.alignment), alignment: Self.alignment)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: max(byteCount, Self.alignment))
    }

    deinit { base.deallocate() }

    /// Rounded up so that what follows is aligned.
    static func aligned(_ byteCount: Int) -> Int { (byteCount + alignment - 1) / alignment * alignment }
}

/// Gives every storage of a program its place. Small caches like small programs: a gradient lies where a dead one lay.
struct MemoryPlan {
    private struct Tenant {
        let storage: Storage
        let first: Int
        var last: Int
        var offset = 0
        var size: Int { Block.aligned(storage.byteCount) }
    }

    /// Places all storages that `steps` touch and that have no place yet; returns the block that holds them.
    static func place(_ steps: [Step]) throws -> Block {
        var tenants: [Tenant] = []
        var known: [ObjectIdentifier: Int] = [:]
        for (time, step) in steps.enumerated() {
            for storage in step.touches where storage.base == nil {
                if let index = known[ObjectIdentifier(storage)] {
                    tenants[index].last = time
                } else {
                    known[ObjectIdentifier(storage)] = tenants.count
                    tenants.append(Tenant(storage: storage, first: storage.isPinned ? 0 : time, last: time))
                }
            }
        }
        for index in tenants.indices where tenants[index].storage.isPinned { tenants[index].last = steps.count }
        let end = assignOffsets(&tenants)
        let block = Block(byteCount: end)
        for tenant in tenants { try tenant.storage.place(in: block, at: tenant.offset) }
        return block
    }

    /// First fit, in the order of first use.
    private static func assignOffsets(_ tenants: inout [Tenant]) -> Int {
        var placed: [Tenant] = []
        var end = 0
        for index in tenants.indices {
            let tenant = tenants[index]
            let rivals = placed.filter { $0.first <= tenant.last && tenant.first <= $0.last }
            var offset = 0
            for rival in rivals.sorted(by: { $0.offset < $1.offset }) {
                if offset + tenant.size <= rival.offset { break }
                offset = max(offset, rival.offset + rival.size)
            }
            tenants[index].offset = offset
            placed.append(tenants[index])
            end = max(end, offset + tenant.size)
        }
        return end
    }
}
