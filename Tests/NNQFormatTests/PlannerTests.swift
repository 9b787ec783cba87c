// SPDX-License-Identifier: Apache-2.0
// The planner: optimal on small problems by brute force, proven on networks, legal on thousands of random graphs.

import NNQBase
import NNQFormat
import Oracle
import Testing

@Suite struct PlannerTests {
    static let seed: UInt64 = 7

    @Test func searchEqualsBruteForce() {
        var rng = Rng(seed: Self.seed)
        for round in 0..<2_000 {
            let boxes = (0..<1 + rng.below(7)).map { _ in
                let first = rng.below(6)
                return Box(first: first, last: first + rng.below(4), size: 1 + rng.below(6))
            }
            let best = leastHeight(boxes)
            let search = OffsetSearch(boxes, below: Int.max, nodeLimit: 100_000)
            guard let offsets = search.best, search.isComplete else {
                Issue.record("nothing found, seed \(Self.seed), round \(round)")
                continue
            }
            #expect(Box.height(boxes, offsets) == best, "seed \(Self.seed), round \(round): \(boxes)")
            expectDisjoint(boxes, offsets)
            let below = OffsetSearch(boxes, below: best, nodeLimit: 100_000)
            #expect(below.best == nil && below.isComplete)
        }
    }

    /// Lifetimes without any slack, where the best placement is above the bound now and then.
    @Test func searchProvesGaps() {
        var rng = Rng(seed: Self.seed)
        var gaps = 0
        for round in 0..<400 {
            let boxes = tightBoxes(load: 12, steps: 8, rng: &rng)
            let greedy = FirstFit.place(boxes)
            expectDisjoint(boxes, greedy)
            let search = OffsetSearch(boxes, below: Box.height(boxes, greedy), nodeLimit: 100_000)
            #expect(search.isComplete || search.best != nil, "seed \(Self.seed), round \(round)")
            let offsets = search.best ?? greedy
            expectDisjoint(boxes, offsets)
            if Box.height(boxes, offsets) > Box.lowerBound(boxes) { gaps += 1 }
        }
        #expect(gaps > 0)
    }

    @Test func networksAreProvenOptimal() throws {
        var networks = NetworkGenerator(seed: Self.seed)
        let expected = [
            (networks.leNet5(), 4704 + 1176), (networks.resNet8(), 3 * 16384), (networks.mobileNetV1(), 55296),
        ]
        for (program, bytes) in expected {
            let plan = try MemoryPlanner().plan(program)
            #expect(plan.arenaBytes == bytes)
            #expect(plan.lowerBound == bytes)
            #expect(plan.isProvenOptimal && plan.gap == 0)
        }
    }

    @Test func randomGraphsAreLegalAndMostlyProven() throws {
        var proven = 0
        let rounds = 3_000
        for round in 0..<rounds {
            var generator = ProgramGenerator(seed: Self.seed &+ UInt64(round))
            let program = generator.graph(limit: 28)
            let plan = try MemoryPlanner().plan(program)
            proven += plan.isProvenOptimal ? 1 : 0
            #expect(plan.arenaBytes >= plan.lowerBound)
            #expect(plan.arenaBytes % 4 == 0 && plan.offsets.allSatisfy { $0 % 4 == 0 })
            // The writer has the runtime verify the plan.
            _ = try ProgramFile(program, plan: plan).encoded()
        }
        #expect(proven > rounds * 99 / 100, "\(proven) of \(rounds) proven, seed \(Self.seed)")
    }

    @Test func smallBudgetStatesTheGap() throws {
        var unproven = 0
        for round in 0..<200 {
            var generator = ProgramGenerator(seed: Self.seed &+ UInt64(round))
            let program = generator.graph(limit: 28)
            let plan = try MemoryPlanner(nodeLimit: 1).plan(program)
            if plan.isProvenOptimal {
                #expect(plan.gap == 0)
            } else {
                unproven += 1
                #expect(plan.gap == Double(plan.arenaBytes - plan.lowerBound) / Double(plan.lowerBound))
            }
            _ = try ProgramFile(program, plan: plan).encoded()
        }
        #expect(unproven > 0)
    }

    /// The least height over all orders in which boxes can be piled up.
    private func leastHeight(_ boxes: [Box]) -> Int {
        var best = Int.max
        var offsets = [Int?](repeating: nil, count: boxes.count)
        func pile(_ count: Int, _ height: Int) {
            if height >= best { return }
            if count == boxes.count { best = height }
            for index in boxes.indices where offsets[index] == nil {
                let below = boxes.indices.filter { offsets[$0] != nil && boxes[$0].meets(boxes[index]) }
                let offset = below.map { offsets[$0]! + boxes[$0].size }.max() ?? 0
                offsets[index] = offset
                pile(count + 1, max(height, offset + boxes[index].size))
                offsets[index] = nil
            }
        }
        pile(0, 0)
        return best
    }

    private func expectDisjoint(_ boxes: [Box], _ offsets: [Int]) {
        for a in boxes.indices {
            for b in 0..<a where boxes[a].meets(boxes[b]) {
                #expect(offsets[a] >= offsets[b] + boxes[b].size || offsets[b] >= offsets[a] + boxes[a].size)
            }
        }
    }

    /// Boxes whose sizes add up to `load` at each step.
    private func tightBoxes(load: Int, steps: Int, rng: inout Rng) -> [Box] {
        var ended: [Box] = []
        var alive: [Box] = []
        for step in 0..<steps {
            let dying = alive.map { _ in rng.below(3) == 0 }
            ended += zip(alive, dying).filter(\.1).map(\.0)
            alive = zip(alive, dying).filter { !$0.1 }.map { Box(first: $0.0.first, last: step, size: $0.0.size) }
            var free = load - alive.reduce(0) { $0 + $1.size }
            while free > 0 {
                let size = min(free, 1 + rng.below(5))
                alive.append(Box(first: step, last: step, size: size))
                free -= size
            }
        }
        return ended + alive
    }
}
