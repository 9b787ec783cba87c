// SPDX-License-Identifier: Apache-2.0
// Losses with soft targets, class weights and a teacher, against formulas in double precision and their differences.

import Foundation
import NNQData
import NNQGraph
import NNQTrain
import Testing

@Suite struct SoftLossTests {
    private let inputs: [[Double]] = [[0.5, -1], [2, 0.25], [-0.75, 1.5], [1, 1]]
    private let labels = [0, 2, 1, 2]
    private let teacher: [[Double]] = [[3, 0.5, -1], [0, 0, 2], [-1, 4, 0.5], [1, 2, 3]]

    /// What a dense layer of two inputs makes of sample `row`; weights `[outputs][2]`, then biases.
    private func outputs(_ parameters: [Double], _ row: Int, _ count: Int) -> [Double] {
        (0..<count).map {
            parameters[2 * $0] * inputs[row][0] + parameters[2 * $0 + 1] * inputs[row][1] + parameters[2 * count + $0]
        }
    }

    private func logSoftmax(_ values: [Double]) -> [Double] {
        let sum = log(values.reduce(0) { $0 + exp($1) })
        return values.map { $0 - sum }
    }

    /// Compares the engine's loss and gradients with `reference` and its central differences.
    private func check(
        outputs count: Int, classes: Int, _ options: TrainingOptions, _ softening: TargetSoftening, loss: Loss,
        teacher: [[Double]]? = nil, mixing: Mixup? = nil, _ reference: ([Double]) -> Double
    ) throws {
        let task: Task = loss == .crossEntropy ? .classification : .binary
        let model = try Model(input: [2], seed: 6, metadata: Metadata(task: task)) {
            Dense(count, name: "d")
            if task == .binary { Sigmoid() }
        }
        let data = try FloatDataset(
            name: "four", shape: [2], values: inputs.joined().map { Float($0) },
            classes: (0..<classes).map { "class \($0)" }, labels: labels.map { Int32(min($0, classes - 1)) })
        let engine = try TrainingEngine(model, batch: 4, loss: loss, options: options)
        let targets = try TargetBuffer(data, loss: loss, outputs: count, batch: 4, softening: softening)
        var batches = try Batches(data, batchSize: 4, shuffle: false)
        _ = targets.fill(engine.input, from: &batches)
        mixing?.mix(engine.input, targets, step: 0)
        let logits = (teacher ?? []).joined().map { Float($0) }
        let value = try logits.withUnsafeBufferPointer { buffer in
            targets.teacherLogits = teacher == nil ? nil : buffer.baseAddress
            return try engine.computeGradients(targets)
        }
        let parameters = (model.parameters["d.weight"]!.values + model.parameters["d.bias"]!.values).map(Double.init)
        #expect(abs(value.loss - reference(parameters)) < 1e-5)
        let gradients = try engine.readGradients()
        for (index, gradient) in (gradients["d.weight"]!.values + gradients["d.bias"]!.values).enumerated() {
            let sides = [1e-5, -1e-5].map { change in
                var moved = parameters
                moved[index] += change
                return reference(moved)
            }
            #expect(abs(Double(gradient) - (sides[0] - sides[1]) / 2e-5) < 2e-5, "parameter \(index)")
        }
    }

    @Test func smoothedAndWeightedClasses() throws {
        let weights: [Float] = [0.5, 2, 1.25]
        for smoothing in [0, 0.1, 0.4] {
            try check(
                outputs: 3, classes: 3, TrainingOptions(threads: 1),
                TargetSoftening(labelSmoothing: Float(smoothing), classWeights: weights), loss: .crossEntropy
            ) { parameters in
                (0..<4).reduce(0) { sum, row in
                    let shares = logSoftmax(outputs(parameters, row, 3))
                    let hard = -shares[labels[row]]
                    let even = -shares.reduce(0, +) / 3
                    return sum + Double(weights[labels[row]]) * ((1 - smoothing) * hard + smoothing * even) / 4
                }
            }
        }
    }

    @Test func smoothedAndWeightedDecisions() throws {
        let weights: [Float] = [0.5, 3]
        try check(
            outputs: 1, classes: 2, TrainingOptions(threads: 1),
            TargetSoftening(labelSmoothing: 0.2, classWeights: weights), loss: .binaryCrossEntropy
        ) { parameters in
            (0..<4).reduce(0) { sum, row in
                let label = min(labels[row], 1)
                let yes = 1 / (1 + exp(-outputs(parameters, row, 1)[0]))
                let target = label == 1 ? 0.9 : 0.1
                return sum - Double(weights[label]) * (target * log(yes) + (1 - target) * log(1 - yes)) / 4
            }
        }
    }

    @Test func aTeacherIsListenedTo() throws {
        var options = TrainingOptions(threads: 1)
        options.distillation = Distillation(temperature: 3, weight: 0.6)
        for smoothing in [0, 0.1] {
            let softening = TargetSoftening(labelSmoothing: Float(smoothing))
            try check(outputs: 3, classes: 3, options, softening, loss: .crossEntropy, teacher: teacher) { parameters in
                (0..<4).reduce(0) { sum, row in
                    let logits = outputs(parameters, row, 3)
                    let shares = logSoftmax(logits)
                    let hard = -(1 - smoothing) * shares[labels[row]] - smoothing * shares.reduce(0, +) / 3
                    let wanted = logSoftmax(teacher[row].map { $0 / 3 }).map { exp($0) }
                    let soft = -zip(wanted, logSoftmax(logits.map { $0 / 3 })).reduce(0) { $0 + $1.0 * $1.1 }
                    return sum + (0.4 * hard + 0.6 * 9 * soft) / 4
                }
            }
        }
    }

    /// The loss of a mixed sample is the mix of its two samples' losses, at the mixed input.
    @Test(arguments: [1, 2, 3]) func mixedSamplesHaveMixedLosses(seed: UInt64) throws {
        let mixup = Mixup(alpha: 1, seed: seed)
        let (lambda, partners) = mixup.draw(step: 0, count: 4)
        let weights: [Float] = [0.5, 2, 1.25]
        func mixed(_ parameters: [Double], _ row: Int, _ count: Int) -> [Double] {
            let own = outputs(parameters, row, count)
            return zip(own, outputs(parameters, partners[row], count)).map {
                Double(lambda) * $0 + (1 - Double(lambda)) * $1
            }
        }
        try check(
            outputs: 3, classes: 3, TrainingOptions(threads: 1), TargetSoftening(classWeights: weights, mixes: true),
            loss: .crossEntropy, mixing: mixup
        ) { parameters in
            (0..<4).reduce(0) { sum, row in
                let shares = logSoftmax(mixed(parameters, row, 3))
                func loss(_ label: Int) -> Double { -Double(weights[label]) * shares[label] }
                let other = labels[partners[row]]
                return sum + (Double(lambda) * loss(labels[row]) + (1 - Double(lambda)) * loss(other)) / 4
            }
        }
        let pair: [Float] = [0.5, 3]
        try check(
            outputs: 1, classes: 2, TrainingOptions(threads: 1), TargetSoftening(classWeights: pair, mixes: true),
            loss: .binaryCrossEntropy, mixing: mixup
        ) { parameters in
            (0..<4).reduce(0) { sum, row in
                let yes = 1 / (1 + exp(-mixed(parameters, row, 1)[0]))
                func loss(_ label: Int) -> Double { -Double(pair[label]) * log(label == 1 ? yes : 1 - yes) }
                let (own, other) = (min(labels[row], 1), min(labels[partners[row]], 1))
                return sum + (Double(lambda) * loss(own) + (1 - Double(lambda)) * loss(other)) / 4
            }
        }
    }

    /// Mean 1/2 and variance 1 / (4 (2 alpha + 1)).
    @Test(arguments: [0.1, 0.4, 1, 3]) func lambdaIsBetaDistributed(alpha: Double) {
        let mixup = Mixup(alpha: Float(alpha), seed: 11)
        let values = (0..<20_000).map { Double(mixup.draw(step: UInt64($0), count: 1).lambda) }
        #expect(values.allSatisfy { (0...1).contains($0) })
        let mean = values.reduce(0, +) / 20_000
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
        #expect(abs(mean - 0.5) < 0.015)
        #expect(abs(variance - 1 / (4 * (2 * alpha + 1))) < 0.006)
    }

    @Test func balancedWeights() throws {
        let data = try FloatDataset(
            name: "skewed", shape: [1], values: [0, 0, 0, 0, 0, 0], classes: ["a", "b", "none"],
            labels: [0, 0, 0, 0, 0, 1])
        let model = try Model(input: [1]) { Dense(3) }
        var options = TrainingOptions(epochs: 1, optimizer: .sgd(learningRate: 1), threads: 1)
        options.classWeights = .balanced
        let trained = try Trainer(options).train(model, on: data).model
        // Weights are 6/10 and 6/2: both classes pull alike. Every class starts at a third.
        let bias = trained.parameters["dense_1.bias"]!.values
        #expect(abs(bias[0] - 1.0 / 6) < 1e-6 && abs(bias[1] - 1.0 / 6) < 1e-6 && abs(bias[2] + 1.0 / 3) < 1e-6)
        options.classWeights = .given([1, 2])
        #expect(throws: TrainError.self) { try Trainer(options).train(model, on: data) }
    }
}
