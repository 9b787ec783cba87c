// SPDX-License-Identifier: Apache-2.0
// The placement problem without tensors: boxes with a fixed place in time look for a place in memory.

/// Memory of `size` units that is needed from time `first` to time `last`, both included.
package struct Box: Hashable, Sendable {
    package var first: Int
    package var last: Int
    package var size: Int

    package init(first: Int, last: Int, size: Int) {
        self.first = first
        self.last = last
        self.size = size
    }

    /// Alive at one time at least.
    package func meets(_ other: Box) -> Bool { first <= other.last && other.first <= last }

    /// The largest sum of boxes alive at one time, which no placement can go below.
    package static func lowerBound(_ boxes: [Box]) -> Int {
        boxes.map { box in
            boxes.reduce(0) { $0 + ($1.first <= box.first && box.first <= $1.last ? $1.size : 0) }
        }.max() ?? 0
    }

    /// Memory that these offsets take.
    package static func height(_ boxes: [Box], _ offsets: [Int]) -> Int {
        zip(boxes, offsets).map { $0.size + $1 }.max() ?? 0
    }
}

/// First fit: boxes in some order, each into the lowest gap that holds it.
package enum FirstFit {
    /// The best of four orders: by size, by size times duration, by duration, and as they are born.
    package static func place(_ boxes: [Box]) -> [Int] {
        let keys: [(Box) -> Int] = [
            { -$0.size }, { -$0.size * ($0.last - $0.first + 1) }, { $0.first - $0.last }, { $0.first },
        ]
        let placements = keys.map { key in
            place(boxes, order: boxes.indices.sorted { (key(boxes[$0]), $0) < (key(boxes[$1]), $1) })
        }
        return placements.min { Box.height(boxes, $0) < Box.height(boxes, $1) } ?? []
    }

    static func place(_ boxes: [Box], order: [Int]) -> [Int] {
        var offsets = [Int](repeating: 0, count: boxes.count)
        var placed: [Int] = []
        for index in order {
            var offset = 0
            for other in placed where boxes[other].meets(boxes[index]) {
                if offsets[other] >= offset + boxes[index].size { break }
                offset = max(offset, offsets[other] + boxes[other].size)
            }
            offsets[index] = offset
            let position = placed.firstIndex { offsets[$0] > offset } ?? placed.count
            placed.insert(index, at: position)
        }
        return offsets
    }
}
