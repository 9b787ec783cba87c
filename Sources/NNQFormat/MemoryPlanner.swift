// SPDX-License-Identifier: Apache-2.0
// The memory planner: which outputs lie on an input, and an offset for everything.

/// Finds the smallest arena for a program whose order of execution is given. Exact for networks of the usual size;
/// where the nodes run out first, the plan states its lower bound, and `isProvenOptimal` is false.
public struct MemoryPlanner: Sendable {
    /// Nodes of the search before it settles for the best plan so far. 100,000 take about 0.1 s for 30 tensors.
    public var nodeLimit: Int

    public init(nodeLimit: Int = 100_000) { self.nodeLimit = nodeLimit }

    /// Plans a program with one op a stage, in one band, and every tensor whole.
    /// - Throws: `FormatError` where the program is malformed.
    public func plan(_ program: Program) throws -> MemoryPlan {
        try plan(program, stages: program.plainStages, rowsHeld: program.tensors.map(\.height))
    }

    /// Plans a program with these stages and rows held. That rows are there when an op reads them is for the caller to
    /// know; the writer checks it (SPEC.md, section 3).
    /// - Throws: `FormatError` where the program is malformed or the stages do not hold its ops.
    public func plan(_ program: Program, stages: [MemoryPlan.Stage], rowsHeld: [Int]) throws -> MemoryPlan {
        try program.checkStructure()
        try program.checkStages(stages, rowsHeld: rowsHeld)
        let lifetimes = Lifetimes(program, stages: stages, rowsHeld: rowsHeld)
        var search = SharingSearch(
            lifetimes: lifetimes, sizes: program.words(rowsHeld: rowsHeld), inputCount: program.inputCount,
            nodeLimit: nodeLimit)
        search.run()
        return MemoryPlan(
            stages: stages, rowsHeld: rowsHeld, offsets: search.offsets.map { $0 * 4 },
            arenaBytes: program.arenaBytes(tensors: search.height * 4),
            lowerBound: program.arenaBytes(tensors: search.lowerBound * 4),
            isProvenOptimal: search.isProvenOptimal, inPlace: search.inPlace, nodesSearched: search.nodes)
    }
}

extension Program {
    /// The size of each tensor in words of 4 bytes.
    func words(rowsHeld: [Int]) -> [Int] {
        zip(tensors, rowsHeld).map { ($0.rowBytes * $1 + 3) / 4 }
    }
}
