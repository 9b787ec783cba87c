// SPDX-License-Identifier: Apache-2.0
// Random programs give the same bits before any rewrites, in the oracle, and after them, in the C runtime.

import NNQFormat
import NNQRewrite
import Oracle
import Testing

@Suite struct RandomProgramTests {
    /// Every failure names the seed of its generator, `seed` plus the number of the round.
    static let seed: UInt64 = 20_260_301
    static let rounds = 1_500

    /// Each rewrite alone, and all together.
    static let choices: [Set<ProgramRewrite>] =
        ProgramRewrite.allCases.map { [$0] } + [Set(ProgramRewrite.allCases)]

    @Test(arguments: choices)
    func graphs(_ rewrites: Set<ProgramRewrite>) throws {
        var changes: [ProgramRewrite: Int] = [:]
        for round in 0..<Self.rounds {
            let seed = Self.seed &+ UInt64(round)
            var generator = ProgramGenerator(seed: seed)
            let program = round % 4 == 0 ? generator.graph(limit: 12) : generator.redundantGraph(limit: 12)
            let (rewritten, report) = try program.rewritten(rewrites)
            try expectSameBits(program, rewritten, &generator, seed)
            try expectSameInterface(program, rewritten, seed)
            try expectFigures(program, rewritten, report, seed)
            for rewrite in ProgramRewrite.allCases { changes[rewrite, default: 0] += report.count(rewrite) }
            try #require(report.entries.allSatisfy { rewrites.contains($0.rewrite) }, "generator seed \(seed)")
        }
        // Rewrites that never find anything would prove nothing.
        for rewrite in rewrites { #expect(changes[rewrite]! > Self.rounds / 10, "\(rewrite), seed \(Self.seed)") }
    }

    @Test func aSecondTimeNothingChanges() throws {
        for round in 0..<Self.rounds / 3 {
            let seed = Self.seed &+ UInt64(round) &+ 1 << 32
            var generator = ProgramGenerator(seed: seed)
            let (once, _) = try generator.redundantGraph(limit: 12).rewritten()
            let (twice, report) = try once.rewritten()
            try #require(once == twice && report.entries.isEmpty, "generator seed \(seed)")
            try #require(report.before == report.after, "generator seed \(seed)")
        }
    }

    private func expectSameBits(
        _ program: Program, _ rewritten: Program, _ generator: inout ProgramGenerator, _ seed: UInt64
    ) throws {
        for _ in 0..<2 {
            let inputs = generator.inputs(of: program)
            let expected = try Oracle.run(program, inputs: inputs)
            let found = try runInC(rewritten, inputs: inputs)
            try #require(found == program.outputs.map { expected[$0] }, "generator seed \(seed)")
        }
    }

    private func expectSameInterface(_ program: Program, _ rewritten: Program, _ seed: UInt64) throws {
        try #require(
            rewritten.tensors.prefix(rewritten.inputCount) == program.tensors.prefix(program.inputCount),
            "generator seed \(seed)")
        try #require(
            rewritten.outputs.map { rewritten.tensors[$0] } == program.outputs.map { program.tensors[$0] },
            "generator seed \(seed)")
        let names = program.tensors.map(\.name)
        try #require(rewritten.tensors.allSatisfy { names.contains($0.name) }, "generator seed \(seed)")
    }

    /// The report's figures are those of the two programs, counted here once more, and its savings add up.
    private func expectFigures(
        _ program: Program, _ rewritten: Program, _ report: ProgramRewriteReport, _ seed: UInt64
    ) throws {
        for (program, figures) in [(program, report.before), (rewritten, report.after)] {
            try #require(figures.operations == program.operations.count, "generator seed \(seed)")
            try #require(figures.macs == program.recountedMACs, "generator seed \(seed)")
            try #require(figures.weightBytes == program.recountedWeights, "generator seed \(seed)")
            let bytes = program.tensors.map { $0.height * $0.width * $0.channels * $0.type.byteCount }
            try #require(figures.activationBytes == bytes.reduce(0, +), "generator seed \(seed)")
            let plan = try MemoryPlanner(nodeLimit: 0).plan(program)
            try #require(figures.peakBytes <= plan.arenaBytes, "generator seed \(seed)")
        }
        let saved = ProgramRewrite.allCases.map { report.saved(by: $0) }
        let macs = report.before.macs - report.after.macs
        try #require(saved.reduce(0) { $0 + $1.macs } == macs, "generator seed \(seed)")
        let operations = report.before.operations - report.after.operations
        try #require(saved.reduce(0) { $0 + $1.operations } == operations, "generator seed \(seed)")
        let constants = report.before.constantBytes - report.after.constantBytes
        try #require(saved.reduce(0) { $0 + $1.constantBytes } == constants, "generator seed \(seed)")
    }
}

extension Program {
    /// Multiply-accumulates by shapes alone.
    fileprivate var recountedMACs: Int {
        operations.enumerated().reduce(0) { sum, element in
            let input = element.element.inputs.first.map { tensors[$0] }
            let output = tensors[inputCount + element.offset]
            return sum + element.element.operation.products(input, output)
        }
    }

    fileprivate var recountedWeights: Int {
        operations.enumerated().reduce(0) { sum, element in
            let input = element.element.inputs.first.map { tensors[$0] }
            return sum + element.element.operation.weights(input, tensors[inputCount + element.offset])
        }
    }
}

extension Operation {
    /// Weights by shapes alone.
    fileprivate func weights(_ input: ProgramTensor?, _ output: ProgramTensor) -> Int {
        switch self {
        case .conv2D(let p, _, _):
            Int(p.kernel_height * p.kernel_width) * input!.channels / Int(p.groups) * output.channels
        case .transposeConv2D(let p, _, _):
            Int(p.kernel_height * p.kernel_width) * input!.channels / Int(p.groups) * output.channels
        case .depthwiseConv2D(let p, _, _): Int(p.kernel_height * p.kernel_width) * output.channels
        case .dense: input!.count * output.channels
        case .lstm: 4 * output.channels * (input!.channels + output.channels)
        case .gru: 3 * output.channels * (input!.channels + output.channels)
        case .svdf(_, let filters): filters.filter.count + filters.type.byteCount * filters.time.count
        default: 0
        }
    }

    /// Multiply-accumulates by shapes alone.
    fileprivate func products(_ input: ProgramTensor?, _ output: ProgramTensor) -> Int {
        switch self {
        case .transposeConv2D: weights(input, output) * input!.height * input!.width
        case .batchMatmul(let p): output.count * (p.transpose_a == 0 ? input!.channels : input!.width)
        case .svdf(_, let filters): filters.filter.count + filters.time.count
        case .lstm, .gru: weights(input, output) * output.width
        default: weights(input, output) * output.height * output.width
        }
    }
}
