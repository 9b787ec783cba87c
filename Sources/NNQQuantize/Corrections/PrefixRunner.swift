// SPDX-License-Identifier: Apache-2.0
// An int8 program run op by op over all calibration samples at once, so that ops ahead can still change.

import Dispatch
import Foundation
import NNQFormat
import NNQRuntime

/// The int8 values that reach each op of a program. Ops run in order, each once and for all samples; what no later op
/// reads is forgotten.
struct PrefixRunner {
    let samples: Int
    /// By tensor, by sample.
    private var values: [[[Int8]]]
    /// By tensor: whether it differs from sample to sample.
    private var varies: [Bool]
    /// By tensor: the last op that reads it.
    private let lastReader: [Int]

    /// - Parameter inputs: by input of the program, by sample.
    init(_ program: Program, inputs: [[[Int8]]]) {
        samples = inputs.first?.count ?? 0
        values = inputs + program.operations.map { _ in [] }
        varies = inputs.map { _ in true }
        for operation in program.operations { varies.append(operation.inputs.contains { [varies] in varies[$0] }) }
        var lastReader = program.tensors.map { _ in -1 }
        for (index, operation) in program.operations.enumerated() {
            for input in operation.inputs { lastReader[input] = index }
        }
        self.lastReader = lastReader
    }

    /// The values of a tensor that an op to come reads, by sample.
    func values(of tensor: Int) -> [[Int8]] { values[tensor] }

    /// Whether an op's result depends on the sample at all.
    func varies(_ operation: ProgramOperation) -> Bool { operation.inputs.contains { varies[$0] } }

    /// Runs an op; those before it have run.
    /// - Parameter program: the program of before, but for constants of this op and of later ones.
    /// - Throws: `FormatError`, `RuntimeError`.
    mutating func run(_ index: Int, of program: Program) throws {
        let operation = program.operations[index]
        let output = program.inputCount + index
        guard varies[output] else { return }
        if lastReader[output] > index {
            let (single, inputs) = alone(index, of: program)
            let file = try ProgramFile(single).encoded()
            let columns = inputs.map { values[$0] }
            values[output] = try Self.run(try Int8Model(copying: file.span), columns, samples)
        }
        for input in operation.inputs where lastReader[input] == index { values[input] = [] }
    }

    /// A program of one op and of the constants that it needs, and the tensors that are its inputs.
    private func alone(_ index: Int, of program: Program) -> (Program, inputs: [Int]) {
        var operations: [Int] = []
        var inputs: [Int] = []
        func need(_ operation: Int) {
            for input in program.operations[operation].inputs {
                if varies[input] {
                    if !inputs.contains(input) { inputs.append(input) }
                } else if !operations.contains(input - program.inputCount) {
                    need(input - program.inputCount)
                }
            }
            operations.append(operation)
        }
        need(index)
        let tensors = inputs + operations.map { program.inputCount + $0 }
        let moved = operations.map { operation in
            ProgramOperation(
                program.operations[operation].operation,
                inputs: program.operations[operation].inputs.map { tensors.firstIndex(of: $0)! })
        }
        let single = Program(
            tensors: tensors.map { program.tensors[$0] }, inputCount: inputs.count, operations: moved,
            outputs: [tensors.count - 1])
        return (single, inputs)
    }

    /// Runs all samples on as many threads as there are processors.
    private static func run(_ model: Int8Model, _ columns: [[[Int8]]], _ samples: Int) throws -> [[Int8]] {
        let results = Results()
        let parts = max(1, min(samples, ProcessInfo.processInfo.activeProcessorCount))
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            let places = part * samples / parts..<(part + 1) * samples / parts
            results.store(places, Result { try run(model, columns, places) })
        }
        return try results.joined()
    }

    private static func run(_ model: Int8Model, _ columns: [[[Int8]]], _ places: Range<Int>) throws -> [[Int8]] {
        var session = Session(model)
        return try places.map { sample in
            for (index, column) in columns.enumerated() {
                let input = column[sample]
                try session.setInput(index, to: input.span)
            }
            session.run()
            return session.withOutput { output in
                var values: [Int8] = []
                values.reserveCapacity(output.count)
                for place in output.indices { values.append(output[place]) }
                return values
            }
        }
    }
}

/// What threads found, part by part.
private final class Results: @unchecked Sendable {
    // Sendable: the queue guards `parts`.
    private var parts: [Int: Result<[[Int8]], any Error>] = [:]
    private let queue = DispatchQueue(label: "nnq.prefix")

    func store(_ places: Range<Int>, _ part: Result<[[Int8]], any Error>) {
        queue.sync { parts[places.lowerBound] = part }
    }

    func joined() throws -> [[Int8]] {
        try queue.sync { try parts.sorted { $0.key < $1.key }.flatMap { try $0.value.get() } }
    }
}
