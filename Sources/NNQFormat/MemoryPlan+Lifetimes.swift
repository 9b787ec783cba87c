// SPDX-License-Identifier: Apache-2.0
// When each tensor of a planned program needs its memory.

extension MemoryPlan {
    /// By tensor, the times at which it occupies its bytes: 0 is before the first stage, when inputs are written, and
    /// stage s runs at time s + 1.
    /// - Precondition: the plan is one for this program.
    public func lifetimes(in program: Program) -> [ClosedRange<Int>] {
        Lifetimes(program, stages: stages, rowsHeld: rowsHeld).ranges
    }

    /// By op, the time at which its stage runs.
    public var times: [Int] {
        stages.enumerated().flatMap { Array(repeating: $0.offset + 1, count: $0.element.operationCount) }
    }
}
