// SPDX-License-Identifier: Apache-2.0
// Transpositions of any rank as steps on maps.

import NNQBase
import NNQFormat
import Testing

@Suite struct TransposePlanTests {
    static let seed: UInt64 = 70

    /// The elements, numbered in the input's order, as NumPy's transpose leaves them.
    private func transposed(_ extents: [Int], _ permutation: [Int]) -> [Int] {
        let output = permutation.map { extents[$0] }
        return (0..<extents.reduce(1, *)).map { place in
            var rest = place
            var coordinates = [Int](repeating: 0, count: extents.count)
            for axis in output.indices.reversed() {
                coordinates[permutation[axis]] = rest % output[axis]
                rest /= output[axis]
            }
            return zip(extents, coordinates).reduce(0) { $0 * $1.0 + $1.1 }
        }
    }

    @Test func stepsGiveTheTransposition() {
        var rng = Rng(seed: Self.seed)
        for _ in 0..<400 {
            let rank = 1 + rng.below(6)
            let extents = (0..<rank).map { _ in 1 + rng.below(4) }
            var permutation = Array(0..<rank)
            for index in permutation.indices.dropFirst().reversed() { permutation.swapAt(index, rng.below(index + 1)) }
            let plan = TransposePlan(extents: extents, permutation: permutation)
            var elements = Array(0..<extents.reduce(1, *))
            for step in plan.steps {
                #expect(step.extents.count == 3 && step.extents.reduce(1, *) == elements.count)
                elements = transposed(step.extents, step.axes).map { elements[$0] }
            }
            #expect(elements == transposed(extents, permutation), "\(extents), \(permutation), seed \(Self.seed)")
            #expect(plan.steps.count <= max(0, rank - 2) + 1)
        }
    }

    @Test func sideBySideAxesAreOne() {
        #expect(TransposePlan(extents: [2, 3, 4, 5], permutation: [0, 1, 2, 3]).steps.isEmpty)
        #expect(TransposePlan(extents: [1, 3, 1, 5], permutation: [2, 1, 0, 3]).steps.isEmpty)
        let swap = TransposePlan(extents: [2, 3, 4, 5], permutation: [2, 3, 0, 1]).steps
        #expect(swap.count == 1 && swap[0].outputExtents.reduce(1, *) == 120)
        #expect(TransposePlan(extents: [2, 3, 4, 5], permutation: [0, 2, 1, 3]).steps.count == 2)
        #expect(TransposePlan(extents: [2, 3, 4, 5], permutation: [3, 2, 1, 0]).steps.count == 2)
    }
}
