// SPDX-License-Identifier: Apache-2.0
// How a tensor's elements lie in memory.

import CDNNL

/// A float tensor's extents, in oneDNN's order (batch, channels, rows, columns), and their places in memory.
struct Layout {
    var raw: dnnl_memory_desc_t

    init(_ raw: dnnl_memory_desc_t) { self.raw = raw }

    /// A dense layout; `order` lists the dimensions from the outermost to the innermost in memory.
    init(_ dimensions: [Int], order: [Int]) {
        var strides = [Int64](repeating: 1, count: dimensions.count)
        var stride = 1
        for axis in order.reversed() {
            strides[axis] = Int64(stride)
            stride *= dimensions[axis]
        }
        raw = dnnl_memory_desc_t()
        let status = dnnl_memory_desc_init_by_strides(
            &raw, Int32(dimensions.count), dimensions.map(Int64.init), dnnl_f32, strides)
        precondition(status == dnnl_success, "layout of \(dimensions)")
    }

    /// Dense, in the order of its dimensions.
    init(rowMajor dimensions: [Int]) { self.init(dimensions, order: Array(dimensions.indices)) }

    /// A layout of oneDNN's choice.
    static func any(_ dimensions: [Int]) -> Layout {
        var raw = dnnl_memory_desc_t()
        let status = dnnl_memory_desc_init_by_tag(
            &raw, Int32(dimensions.count), dimensions.map(Int64.init), dnnl_f32, dnnl_format_tag_any)
        precondition(status == dnnl_success, "layout of \(dimensions)")
        return Layout(raw)
    }

    /// No tensor at all, for optional arguments.
    static let none = Layout(dnnl_memory_desc_t())

    var rank: Int { Int(raw.ndims) }
    var dimensions: [Int] { Self.list(raw.dims, rank) }
    /// Elements, padding left out.
    var count: Int { dimensions.reduce(1, *) }
    /// Bytes in memory, padding included.
    var byteCount: Int { withUnsafePointer(to: raw) { dnnl_memory_desc_get_size($0) } }
    /// True where channels are padded to whole blocks.
    var isPadded: Bool { Self.list(raw.padded_dims, rank) != dimensions }

    /// The layout of a part of the tensor, from `offsets` on; nil where blocks of channels would be cut.
    func part(_ dimensions: [Int], offsets: [Int]) -> Layout? {
        var part = dnnl_memory_desc_t()
        let status = withUnsafePointer(to: raw) {
            dnnl_memory_desc_init_submemory(&part, $0, dimensions.map(Int64.init), offsets.map(Int64.init))
        }
        return status == dnnl_success ? Layout(part) : nil
    }

    static func == (left: Layout, right: Layout) -> Bool {
        withUnsafePointer(to: left.raw) { left in
            withUnsafePointer(to: right.raw) { dnnl_memory_desc_equal(left, $0) != 0 }
        }
    }

    /// True where both name the same elements in the same places, though perhaps in other words
    /// (rows and channels may swap names where there is one channel).
    func coincides(with other: Layout) -> Bool {
        if self == other { return true }
        guard dimensions == other.dimensions, !isPadded, !other.isPadded, raw.offset0 == other.raw.offset0 else {
            return false
        }
        return levels == other.levels
    }

    /// For each dimension its (extent, stride) pairs, outermost first, neighbours merged.
    private var levels: [[[Int]]] {
        let blocking = raw.format_desc.blocking
        let blocks = Self.list(blocking.inner_blks, Int(blocking.inner_nblks))
        let axes = Self.list(blocking.inner_idxs, Int(blocking.inner_nblks))
        let strides = Self.list(blocking.strides, rank)
        var inner = Array(repeating: [[Int]](), count: rank)
        var stride = 1
        for (block, axis) in zip(blocks, axes).reversed() {
            inner[axis].insert([block, stride], at: 0)
            stride *= block
        }
        return dimensions.enumerated().map { axis, extent in
            let outer = extent / inner[axis].reduce(1) { $0 * $1[0] }
            let all = ([[outer, strides[axis]]] + inner[axis]).filter { $0[0] > 1 }
            return all.reduce(into: []) { merged, level in
                if let last = merged.last, last[1] == level[0] * level[1] {
                    merged[merged.count - 1] = [last[0] * level[0], level[1]]
                } else {
                    merged.append(level)
                }
            }
        }
    }

    /// The first `count` numbers of a C array, which Swift sees as a tuple.
    private static func list<Tuple>(_ tuple: Tuple, _ count: Int) -> [Int] {
        withUnsafeBytes(of: tuple) { $0.bindMemory(to: Int64.self).prefix(count).map(Int.init) }
    }
}
