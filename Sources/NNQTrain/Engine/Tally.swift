// SPDX-License-Identifier: Apache-2.0
// Adds up an evaluation, sample by sample, in double precision.

import NNQData
import NNQGraph

package struct Tally: Sendable {
    package let hasClasses: Bool
    private let task: Task
    private let loss: SampleLoss?
    private let width: Int
    private var samples = 0
    private var hits = 0
    private var totalLoss = 0.0
    private var confusion: [[Int]]
    private var absoluteError = 0.0
    private var squaredError = 0.0
    /// Each output's targets and their squares, summed.
    private var targetSums: [Double]
    private var targetSquares: [Double]
    /// Where metrics of the scores are wanted and there are classes.
    private var scores: ScoreBook?

    /// - Parameters:
    ///   - loss: nil where a loss would say nothing.
    ///   - detailed: whether `Evaluation.classification` and `topAccuracies` are wanted, which takes memory for every
    ///     sample's scores.
    /// - Throws: `TrainError` where the data has no classes and the task needs them.
    package init(
        task: Task, outputs: Int, on dataset: any Dataset, loss: SampleLoss?, detailed: Bool = false
    ) throws {
        self.task = task
        self.loss = loss
        hasClasses = dataset.classNames != nil
        width = outputs
        let classes = outputs == 1 ? 2 : outputs
        confusion = Array(repeating: Array(repeating: 0, count: classes), count: classes)
        targetSums = Array(repeating: 0, count: outputs)
        targetSquares = targetSums
        if detailed, hasClasses, task == .classification || (task == .binary && outputs == 1) {
            scores = ScoreBook(classes: classes)
        }
        guard task != .classification || hasClasses else {
            throw TrainError("\(dataset.name) has values as targets, but the model's task is classification")
        }
    }

    /// Adds one sample's outputs; `label` is there where the data has classes.
    package mutating func add(_ outputs: [Float], label: Int?, target: [Float]) {
        samples += 1
        totalLoss += loss?(outputs, label: label, target: target) ?? 0
        if let label { scores?.add(outputs, label: label) }
        switch task {
        case .regression: addErrors(outputs, target)
        case .classification: addAnswer(outputs.indices.max { outputs[$0] < outputs[$1] }!, label: label!)
        case .binary:
            if let label, width == 1 { return addAnswer(outputs[0] > 0.5 ? 1 : 0, label: label) }
            hits += zip(outputs, target).allSatisfy { ($0 > 0.5) == ($1 > 0.5) } ? 1 : 0
        }
    }

    private mutating func addAnswer(_ answer: Int, label: Int) {
        hits += answer == label ? 1 : 0
        confusion[label][answer] += 1
    }

    private mutating func addErrors(_ outputs: [Float], _ target: [Float]) {
        for index in outputs.indices {
            let wanted = Double(target[index])
            let error = Double(outputs[index]) - wanted
            absoluteError += abs(error)
            squaredError += error * error
            targetSums[index] += wanted
            targetSquares[index] += wanted * wanted
        }
    }

    /// Adds what another tally of the same kind saw.
    package mutating func add(_ other: Tally) {
        samples += other.samples
        hits += other.hits
        totalLoss += other.totalLoss
        absoluteError += other.absoluteError
        squaredError += other.squaredError
        if let theirs = other.scores { scores?.add(theirs) }
        for index in targetSums.indices {
            targetSums[index] += other.targetSums[index]
            targetSquares[index] += other.targetSquares[index]
        }
        for row in confusion.indices {
            for column in confusion.indices { confusion[row][column] += other.confusion[row][column] }
        }
    }

    package var evaluation: Evaluation {
        let count = Double(samples)
        var result = Evaluation(samples: samples)
        result.loss = loss.map { _ in totalLoss / count }
        if task == .regression {
            let values = count * Double(width)
            let variation = zip(targetSums, targetSquares).reduce(0) { $0 + $1.1 - $1.0 * $1.0 / count }
            result.meanAbsoluteError = absoluteError / values
            result.rootMeanSquaredError = (squaredError / values).squareRoot()
            result.r2 = variation > 0 ? 1 - squaredError / variation : nil
        } else {
            result.accuracy = Double(hits) / count
            if hasClasses, width > 1 || task == .binary { result.confusion = confusion }
            if let scores {
                result.classification = ClassificationMetrics(confusion: confusion, aucs: scores.aucs)
                result.topAccuracies = scores.topAccuracies
            }
        }
        return result
    }
}
