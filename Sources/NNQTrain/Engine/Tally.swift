// SPDX-License-Identifier: Apache-2.0
// Adds up an evaluation, sample by sample, in double precision.

import Foundation
import NNQData
import NNQGraph

struct Tally {
    let hasClasses: Bool
    private let task: Task
    private let loss: Loss
    private let lastLayer: Layer
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

    init(_ model: Model, _ dataset: any Dataset, loss: Loss, outputs: Int) throws {
        task = model.metadata.task
        self.loss = loss
        hasClasses = dataset.classNames != nil
        lastLayer = model.graph.nodes[model.graph.outputs[0]].layer
        width = outputs
        let classes = outputs == 1 ? 2 : outputs
        confusion = Array(repeating: Array(repeating: 0, count: classes), count: classes)
        targetSums = Array(repeating: 0, count: outputs)
        targetSquares = targetSums
        guard task != .classification || hasClasses else {
            throw TrainError("\(dataset.name) has values as targets, but the model's task is classification")
        }
    }

    mutating func add(_ outputs: [Float], label: Int?, target: [Float]) {
        samples += 1
        totalLoss += sampleLoss(outputs, label: label, target: target)
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

    private func sampleLoss(_ outputs: [Float], label: Int?, target: [Float]) -> Double {
        switch loss {
        case .crossEntropy:
            let values = outputs.map(Double.init)
            if lastLayer == .softmax { return -log(max(values[label!], 1e-30)) }
            let top = values.max()!
            return log(values.reduce(0) { $0 + exp($1 - top) }) + top - values[label!]
        case .binaryCrossEntropy:
            return mean(outputs, target) { output, wanted in
                let yes = log(max(output, 1e-30))
                let no = log(max(1 - output, 1e-30))
                return -(wanted * yes + (1 - wanted) * no)
            }
        case .squaredError:
            return mean(outputs, target) { output, wanted in (output - wanted) * (output - wanted) }
        }
    }

    private func mean(_ outputs: [Float], _ target: [Float], _ term: (Double, Double) -> Double) -> Double {
        var sum = 0.0
        for (output, wanted) in zip(outputs, target) { sum += term(Double(output), Double(wanted)) }
        return sum / Double(width)
    }

    var evaluation: Evaluation {
        let count = Double(samples)
        var result = Evaluation(samples: samples)
        result.loss = lastLayer == .activation(.step) ? nil : totalLoss / count
        if task == .regression {
            let values = count * Double(width)
            let variation = zip(targetSums, targetSquares).reduce(0) { $0 + $1.1 - $1.0 * $1.0 / count }
            result.meanAbsoluteError = absoluteError / values
            result.rootMeanSquaredError = (squaredError / values).squareRoot()
            result.r2 = variation > 0 ? 1 - squaredError / variation : nil
        } else {
            result.accuracy = Double(hits) / count
            if hasClasses, width > 1 || task == .binary { result.confusion = confusion }
        }
        return result
    }
}
