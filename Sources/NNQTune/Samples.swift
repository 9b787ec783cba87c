// SPDX-License-Identifier: Apache-2.0
// Test samples and what the float model says to them.

import Foundation
import NNQData
import NNQFormat
import NNQGraph
import NNQQuantize

/// A part of the test samples, with the float model's outputs.
struct Samples {
    let dataset: any Dataset
    private let task: NNQGraph.Task
    /// By sample: what a softmax at the end reads, or the output.
    private var exact: [[Float]] = []
    private var isRight: [Bool] = []
    private var wanted: [[Float]] = []
    private var squaredError = 0.0

    /// Runs the float model.
    init(_ dataset: any Dataset, _ model: Model, threads: Int) throws {
        self.dataset = dataset
        task = model.metadata.task
        let output = model.graph.nodes[model.graph.outputs[0]].name
        let source = DatasetSource(dataset, threads: threads)
        try source.forEachBatch(of: model, nodes: [model.judgedNode, output], limit: .max) { batch in
            guard batch.targets.count == batch.count else {
                throw QuantizeError("\(dataset.name) does not say what answers should be: choose data that does")
            }
            for sample in 0..<batch.count {
                let values = batch.values.map { values in
                    Array(values[sample * values.count / batch.count..<(sample + 1) * values.count / batch.count])
                }
                add(judged: values[0], output: values[1], batch.targets[sample])
            }
        }
    }

    private mutating func add(judged: [Float], output: [Float], _ target: FloatBatch.Target) {
        let values = target.values(output.count)
        exact.append(judged)
        wanted.append(values)
        isRight.append(task.answer(output) == task.answer(values))
        squaredError += Self.squaredDistance(output, values)
    }

    private static func squaredDistance(_ a: [Float], _ b: [Float]) -> Double {
        zip(a, b).reduce(0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
    }

    /// Runs an int8 program on all samples, on the C runtime.
    /// - Returns: what it drops, and the noise of its outputs against the float model's.
    func judge(_ program: Program, _ file: [UInt8], threads: Int) throws -> (drop: Drop, noise: Double) {
        let pool = try RuntimePool(file, of: program, threads: threads)
        let mapping = InputMapping(program)
        let dataset = dataset
        let (judged, output) = (program.judgedTensor, program.outputs[0])
        var (onlyFloat, onlyInt8, error) = (0, 0, 0.0)
        var ratio = SignalToNoise()
        var first = 0
        while first < dataset.count {
            let start = first
            let count = min(256, dataset.count - start)
            let values = try pool.run(count, reading: [judged, output]) { index in
                var input: [Int8] = []
                if !dataset.withSampleBytes(start + index, { input = mapping.map(Array($0)) }) {
                    input = mapping.map(dataset.sample(start + index))
                }
                return [input]
            }
            for (index, tensors) in values.enumerated() {
                let sample = start + index
                ratio.add(exact[sample], program.tensors[judged].dequantized(tensors[0]))
                let answer = program.tensors[output].dequantized(tensors[1])
                let isInt8Right = task.answer(answer) == task.answer(wanted[sample])
                onlyFloat += isRight[sample] && !isInt8Right ? 1 : 0
                onlyInt8 += !isRight[sample] && isInt8Right ? 1 : 0
                error += Self.squaredDistance(answer, wanted[sample])
            }
            first += count
        }
        let noise = ratio.decibels.map { pow(10, -$0 / 10) } ?? 0
        guard task == .regression else {
            return (Drop(onlyFloat: onlyFloat, onlyInt8: onlyInt8, samples: dataset.count), noise)
        }
        let growth = squaredError > 0 ? 100 * ((error / squaredError).squareRoot() - 1) : 0
        return (Drop(value: growth, standardError: 0, samples: dataset.count), noise)
    }
}

extension Program {
    /// The tensor that answers a classifier's question before its softmax, or the output.
    fileprivate var judgedTensor: Int {
        let output = outputs[0]
        guard output >= inputCount else { return output }
        let operation = operations[output - inputCount]
        switch operation.operation {
        case .softmax, .int16(.softmax): return operation.inputs[0]
        default: return output
        }
    }
}
