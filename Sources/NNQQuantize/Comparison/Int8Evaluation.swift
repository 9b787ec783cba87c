// SPDX-License-Identifier: Apache-2.0
// How good an int8 program is on a data set.

import Foundation
import NNQData
import NNQFormat
import NNQGraph
import NNQTrain
import Synchronization

/// Runs an int8 program on every sample of a data set, on the C runtime.
/// - Parameters:
///   - program: what `file` holds; its first output is judged, by the task that its info names.
///   - threads: 0 takes one for each processor.
///   - detailed: adds `classification` and `topAccuracies` to the evaluation.
///   - progress: told the samples done, by one thread at a time.
/// - Throws: `QuantizeError` where data and program do not fit, `RuntimeError`.
public func evaluateInt8(
    _ program: Program, _ file: [UInt8], on dataset: any Dataset, threads: Int = 0, detailed: Bool = false,
    progress: @escaping @Sendable (Int) -> Void = { _ in }
) throws -> Evaluation {
    let input = program.tensors[0]
    guard program.inputCount == 1, dataset.sampleSize == input.count, dataset.channels == input.channels else {
        throw QuantizeError(
            "\(dataset.name) has samples of \(dataset.sampleShape), the model's input is "
                + "\(input.height)x\(input.width)x\(input.channels): choose other data")
    }
    let output = program.tensors[program.outputs[0]]
    let task = program.info.task.flatMap(Task.init) ?? (dataset.classNames == nil ? .regression : .classification)
    if let classes = dataset.classNames?.count, classes > max(output.count, 2) {
        throw QuantizeError(
            "\(dataset.name) has \(classes) classes, the model \(output.count) outputs: choose other data")
    }
    let empty = try Tally(task: task, outputs: output.count, on: dataset, loss: nil, detailed: detailed)
    let parts = min(threads > 0 ? threads : ProcessInfo.processInfo.activeProcessorCount, dataset.count)
    let done = Mutex(0)
    let results = Mutex<[Result<Tally, any Error>]>([])
    DispatchQueue.concurrentPerform(iterations: parts) { part in
        let samples = part * dataset.count / parts..<(part + 1) * dataset.count / parts
        let result = Result {
            try tally(program, file, dataset, samples, from: empty) {
                done.withLock { count in
                    count += 1
                    progress(count)
                }
            }
        }
        results.withLock { $0.append(result) }
    }
    var total = empty
    for result in results.withLock({ $0 }) { total.add(try result.get()) }
    return total.evaluation
}

/// One thread's part of the samples.
private func tally(
    _ program: Program, _ file: [UInt8], _ dataset: any Dataset, _ samples: Range<Int>, from empty: Tally,
    oneMore: () -> Void
) throws -> Tally {
    var tally = empty
    var runner = try RuntimeRunner(file)
    let mapping = InputMapping(program)
    let judged = program.tensors[program.outputs[0]]
    for index in samples {
        var input: [Int8] = []
        if !dataset.withSampleBytes(index, { input = mapping.map(Array($0)) }) {
            input = mapping.map(dataset.sample(index))
        }
        let output = try runner.run([input], reading: [program.outputs[0]])[0]
        let target = DatasetSource.target(dataset, index).values(output.count)
        let label = tally.hasClasses ? dataset.label(index) : nil
        tally.add(judged.dequantized(output), label: label, target: target)
        oneMore()
    }
    return tally
}
