// SPDX-License-Identifier: Apache-2.0
// A transposition of any rank as transpositions of maps.

/// Programs transpose maps of three extents. More are had by looking at the same elements as another map: axes that
/// stay side by side are one, and what is left is moved block by block, in the fewest steps.
public struct TransposePlan: Hashable, Sendable {
    public struct Step: Hashable, Sendable {
        /// Height, width and channels of the map that the step transposes, holding its input's elements in their order.
        public var extents: [Int]
        /// Output axis i is axis `axes[i]` of that map.
        public var axes: [Int]

        /// Height, width and channels of what it gives.
        public var outputExtents: [Int] { axes.map { extents[$0] } }
    }

    /// Empty where the elements stay in their order.
    public var steps: [Step]

    /// - Parameters:
    ///   - extents: of the input; all at least 1, at most eight of them above 1.
    ///   - permutation: output axis i is the input's axis `permutation[i]`, each once.
    public init(extents: [Int], permutation: [Int]) {
        let moving = permutation.filter { extents[$0] > 1 }
        let stays = moving.sorted()
        var groups: [[Int]] = []
        for axis in moving {
            // Neighbours in the output that are neighbours in the input too.
            if let last = groups.last?.last, stays.firstIndex(of: axis)! == stays.firstIndex(of: last)! + 1 {
                groups[groups.count - 1].append(axis)
            } else {
                groups.append([axis])
            }
        }
        let before = groups.sorted { $0[0] < $1[0] }
        let sizes = before.map { $0.reduce(1) { $0 * extents[$1] } }
        steps = Self.search(from: Array(before.indices), to: groups.map { before.firstIndex(of: $0)! }, sizes)
    }

    private static let orders = [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]

    /// Breadth first over the orders of groups; each step cuts the order into three blocks and permutes them.
    private static func search(from start: [Int], to end: [Int], _ sizes: [Int]) -> [Step] {
        var found: [[Int]: [Step]] = [start: []]
        var queue = [start]
        var next = 0
        while found[end] == nil {
            let order = queue[next]
            next += 1
            for first in 0..<order.count {
                for second in first + 1...order.count {
                    let blocks = [order[..<first], order[first..<second], order[second...]]
                    for axes in orders {
                        let moved = axes.flatMap { blocks[$0] }
                        guard found[moved] == nil else { continue }
                        let extents = blocks.map { $0.reduce(1) { $0 * sizes[$1] } }
                        found[moved] = found[order]! + [Step(extents: extents, axes: axes)]
                        queue.append(moved)
                    }
                }
            }
        }
        return found[end]!
    }
}
