// SPDX-License-Identifier: Apache-2.0
// The exact search for the placement of boxes that takes the least memory.

/// Depth-first branch and bound over placements in the order of their offsets, after Moffitt, "MiniMalloc: A
/// Lightweight Memory Allocator for Hardware-Accelerated Machine Learning" (ASPLOS 2023): pushing every box down turns
/// any placement into one in which each box rests on the ground or on another, so boxes that are placed with rising
/// offsets, each on the skyline of those before it, meet a best placement.
package struct OffsetSearch {
    /// The best offsets found below the limit, by box.
    package private(set) var best: [Int]?
    /// False where the nodes ran out before all placements were covered.
    package private(set) var isComplete = true
    package private(set) var nodes = 0

    private let boxes: [Box]
    /// Box by rank; equal offsets are taken in the order of ranks.
    private let order: [Int]
    private let nodeLimit: Int
    private let lowerBound: Int
    /// The largest height that is still of interest.
    private var capacity: Int
    private var skyline: [Int]
    private var offsets: [Int]
    private var unplaced: [Int]
    private var finish: [Int]

    /// Looks for a placement with a height below `limit`, the lowest there is.
    package init(_ input: [Box], below limit: Int, nodeLimit: Int) {
        let compressed = Self.compressTime(input)
        order = compressed.indices.sorted { a, b in
            let areas = [a, b].map { compressed[$0].size * (compressed[$0].last - compressed[$0].first + 1) }
            return (-areas[0], compressed[a].first, a) < (-areas[1], compressed[b].first, b)
        }
        boxes = order.map { compressed[$0] }
        self.nodeLimit = nodeLimit
        lowerBound = Box.lowerBound(boxes)
        capacity = limit - 1
        skyline = [Int](repeating: 0, count: (boxes.map(\.last).max() ?? 0) + 1)
        offsets = [Int](repeating: 0, count: boxes.count)
        unplaced = Array(boxes.indices)
        finish = skyline
        if lowerBound <= capacity { _ = descend(offset: 0, rank: -1) }
    }

    /// Only times at which a box is born matter: whatever meets, meets at one of them.
    private static func compressTime(_ boxes: [Box]) -> [Box] {
        let births = Array(Set(boxes.map(\.first))).sorted()
        return boxes.map { box in
            Box(
                first: births.firstIndex(of: box.first)!, last: births.lastIndex { $0 <= box.last }!, size: box.size)
        }
    }

    /// What a node knows of a box that is not placed yet.
    private struct Candidate {
        var rank: Int
        /// Where it would rest now.
        var rest: Int
        /// The lowest place that it can still get.
        var low: Int
    }

    /// Places what is left, above the box that was placed last. Returns true where the search is over.
    private mutating func descend(offset: Int, rank: Int) -> Bool {
        nodes += 1
        if nodes > nodeLimit {
            isComplete = false
            return true
        }
        if unplaced.isEmpty { return record() }
        var candidates = unplaced.map { index in
            let rest = skyline[boxes[index].first...boxes[index].last].max()!
            return Candidate(rank: index, rest: rest, low: max(rest, offset))
        }
        let lowestTop = candidates.reduce(Int.max) { min($0, $1.rest + boxes[$1.rank].size) }
        guard raiseMissed(&candidates, offset: offset, rank: rank) else { return false }
        candidates.sort { ($0.low, $0.rank) < ($1.low, $1.rank) }
        guard fits(candidates) else { return false }
        for candidate in candidates
        where candidate.rest < lowestTop && (candidate.rest, candidate.rank) > (offset, rank) {
            if place(candidate) { return true }
        }
        return false
    }

    private mutating func record() -> Bool {
        var byInput = offsets
        for (rank, index) in order.enumerated() { byInput[index] = offsets[rank] }
        best = byInput
        let height = Box.height(boxes, offsets)
        capacity = height - 1
        return height <= lowerBound
    }

    /// A box that was passed over has to wait for one that is placed under it; false where there is none.
    private func raiseMissed(_ candidates: inout [Candidate], offset: Int, rank: Int) -> Bool {
        let before = candidates
        for (index, missed) in before.enumerated() where (missed.rest, missed.rank) < (offset, rank) {
            var low = Int.max
            for other in before where other.rank != missed.rank && boxes[other.rank].meets(boxes[missed.rank]) {
                low = min(low, other.low + boxes[other.rank].size)
            }
            if low == Int.max { return false }
            candidates[index].low = max(low, missed.low)
        }
        return true
    }

    /// At each time, the boxes alive then follow each other, none below its lowest place: does the last one end in
    /// time?
    private mutating func fits(_ candidates: [Candidate]) -> Bool {
        finish.withUnsafeMutableBufferPointer { finish in
            for time in finish.indices { finish[time] = skyline[time] }
            for candidate in candidates {
                let box = boxes[candidate.rank]
                for time in box.first...box.last {
                    finish[time] = max(finish[time], candidate.low) + box.size
                    if finish[time] > capacity { return false }
                }
            }
            return true
        }
    }

    private mutating func place(_ candidate: Candidate) -> Bool {
        let box = boxes[candidate.rank]
        let covered = Array(skyline[box.first...box.last])
        let position = unplaced.firstIndex(of: candidate.rank)!
        unplaced.remove(at: position)
        offsets[candidate.rank] = candidate.rest
        for time in box.first...box.last { skyline[time] = candidate.rest + box.size }
        let isOver = descend(offset: candidate.rest, rank: candidate.rank)
        skyline.replaceSubrange(box.first...box.last, with: covered)
        unplaced.insert(candidate.rank, at: position)
        return isOver
    }
}
