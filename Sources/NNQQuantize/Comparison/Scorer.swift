// SPDX-License-Identifier: Apache-2.0
// Right and wrong answers, by what a model's output means.

import NNQGraph
import NNQTrain

extension Task {
    /// What an output says: the index of the (first) largest element; or for each element yes or no; of regression nothing.
    func answer(_ output: [Float]) -> [Int] {
        switch self {
        case .classification: [output.indices.max { output[$0] < output[$1] }!]
        case .binary: output.map { $0 > 0.5 ? 1 : 0 }
        case .regression: []
        }
    }
}

extension FloatBatch.Target {
    /// The outputs wanted: a class is 1 among zeros, or its number where there is one output.
    fileprivate func values(_ outputs: Int) -> [Float] {
        switch self {
        case .values(let values): return values
        case .label(let label):
            return outputs == 1 ? [Float(label)] : (0..<outputs).map { $0 == label ? 1 : 0 }
        }
    }
}

/// Adds up how good answers are, in double precision.
struct Scorer: Sendable {
    private let task: Task
    private let outputs: Int
    private var samples = 0
    private var right = 0
    /// By actual and answered class; empty of anything but classes.
    private var confusion: [[Int]]
    private var absoluteError = 0.0
    private var squaredError = 0.0
    /// Sums of each output's targets and of their squares.
    private var targetSums: [Double]
    private var targetSquares: [Double]

    init(_ task: Task, outputs: Int) {
        self.task = task
        self.outputs = outputs
        let classes = outputs == 1 ? 2 : outputs
        let hasClasses = task == .classification || task == .binary && outputs == 1
        confusion = hasClasses ? Array(repeating: Array(repeating: 0, count: classes), count: classes) : []
        targetSums = Array(repeating: 0, count: outputs)
        targetSquares = targetSums
    }

    mutating func add(_ output: [Float], target: FloatBatch.Target) {
        samples += 1
        let wanted = target.values(outputs)
        if task == .regression { return addErrors(output, wanted) }
        let (answered, actual) = (task.answer(output), task.answer(wanted))
        right += answered == actual ? 1 : 0
        if !confusion.isEmpty { confusion[actual[0]][answered[0]] += 1 }
    }

    private mutating func addErrors(_ output: [Float], _ wanted: [Float]) {
        for index in 0..<min(outputs, output.count, wanted.count) {
            let target = Double(wanted[index])
            let error = Double(output[index]) - target
            absoluteError += abs(error)
            squaredError += error * error
            targetSums[index] += target
            targetSquares[index] += target * target
        }
    }

    /// Adds what another one saw.
    mutating func add(_ other: Scorer) {
        samples += other.samples
        right += other.right
        absoluteError += other.absoluteError
        squaredError += other.squaredError
        for index in targetSums.indices {
            targetSums[index] += other.targetSums[index]
            targetSquares[index] += other.targetSquares[index]
        }
        for row in confusion.indices {
            for column in confusion.indices { confusion[row][column] += other.confusion[row][column] }
        }
    }

    var score: Comparison.Score {
        guard samples > 0 else { return Comparison.Score() }
        return task == .regression
            ? Comparison.Score(squaredError: squaredError / Double(samples * outputs))
            : Comparison.Score(accuracy: Double(right) / Double(samples))
    }

    var evaluation: Evaluation {
        var result = Evaluation(samples: samples)
        guard task == .regression else {
            result.accuracy = Double(right) / Double(samples)
            result.confusion = confusion.isEmpty ? nil : confusion
            return result
        }
        let values = Double(samples * outputs)
        var variation = 0.0
        for (sum, squares) in zip(targetSums, targetSquares) { variation += squares - sum * sum / Double(samples) }
        result.meanAbsoluteError = absoluteError / values
        result.rootMeanSquaredError = (squaredError / values).squareRoot()
        result.r2 = variation > 0 ? 1 - squaredError / variation : nil
        return result
    }
}
