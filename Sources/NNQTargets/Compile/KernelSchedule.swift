// SPDX-License-Identifier: Apache-2.0
// When which op computes which rows, and that as C: a call for each step, and loops over bands that repeat.

import CNNQ
import NNQFormat

/// An op computes some of its output's rows.
struct KernelStep: Hashable {
    let operation: Int
    let first: Int
    let count: Int
}

/// The steps of a run, by stages.
struct KernelSchedule {
    let stages: [[KernelStep]]

    /// - Throws: `FormatError` where the runtime refuses the file.
    init(_ file: ProgramFile) throws {
        var steps = try Self.steps(of: try file.encoded(names: .none))[...]
        var first = 0
        stages = file.plan.stages.map { stage in
            first += stage.operationCount
            let own = steps.prefix { $0.operation < first }
            steps = steps.dropFirst(own.count)
            return Array(own)
        }
    }

    private static func steps(of bytes: [UInt8]) throws -> [KernelStep] {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: Int(NNQ_ALIGNMENT))
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        var model = nnq_model()
        let error = withUnsafePointer(to: nnq_all_ops) { ops in
            ops.withMemoryRebound(to: OpaquePointer?.self, capacity: Int(NNQ_OPCODE_LIMIT)) {
                nnq_open(&model, memory.baseAddress, bytes.count, $0, nil)
            }
        }
        guard error == NNQ_OK else { throw FormatError.program("the runtime refuses the model") }
        var steps: [KernelStep] = []
        withUnsafeMutablePointer(to: &steps) { context in
            nnq_list_steps(
                &model,
                { context, operation, first, count in
                    let step = KernelStep(operation: Int(operation), first: Int(first), count: Int(count))
                    context!.assumingMemoryBound(to: [KernelStep].self).pointee.append(step)
                }, context)
        }
        return steps
    }
}

/// Steps that repeat: pass i takes the rows `advance` * i further down.
struct KernelLoop: Hashable {
    struct Part: Hashable {
        let step: KernelStep
        let advance: Int
    }

    let parts: [Part]
    let passes: Int
}

extension KernelLoop {
    /// The fewest loops for the steps of a stage: from each band on, the repetition that covers most bands.
    static func loops(_ steps: [KernelStep]) -> [KernelLoop] {
        let bands = bands(steps)
        var loops: [KernelLoop] = []
        var band = 0
        while band < bands.count {
            let best = (1...4).map { ($0, repetitions(bands[band...], period: $0)) }.max { $0.0 * $0.1 < $1.0 * $1.1 }!
            let (period, passes) = best.1 > 1 ? best : (1, 1)
            let first = bands[band..<band + period].flatMap { $0 }
            let second = passes > 1 ? bands[band + period..<band + 2 * period].flatMap { $0 } : first
            let parts = zip(first, second).map { Part(step: $0, advance: $1.first - $0.first) }
            loops.append(KernelLoop(parts: parts, passes: passes))
            band += period * passes
        }
        return loops
    }

    /// Steps in runs of growing op index: what one band of the stage takes.
    private static func bands(_ steps: [KernelStep]) -> [[KernelStep]] {
        var bands: [[KernelStep]] = []
        for step in steps {
            if let last = bands.last?.last, step.operation > last.operation {
                bands[bands.count - 1].append(step)
            } else {
                bands.append([step])
            }
        }
        return bands
    }

    /// How often the first `period` bands come, each time as much further down as the second time.
    private static func repetitions(_ bands: ArraySlice<[KernelStep]>, period: Int) -> Int {
        let passes = bands.count / period
        guard passes > 1 else { return passes }
        func pass(_ index: Int) -> [KernelStep] {
            let start = bands.startIndex + index * period
            return bands[start..<start + period].flatMap { $0 }
        }
        let (first, second) = (pass(0), pass(1))
        guard first.count == second.count else { return 1 }
        let advances = zip(first, second).map { $1.first - $0.first }
        for index in 1..<passes {
            let moved = zip(first, advances).map {
                KernelStep(operation: $0.operation, first: $0.first + index * $1, count: $0.count)
            }
            if pass(index) != moved { return index }
        }
        return passes
    }
}
