// SPDX-License-Identifier: Apache-2.0
// Updates and learning rates against numbers worked out by hand.

import Foundation
import NNQData
import NNQGraph
import NNQTrain
import Testing

@Suite struct OptimizerTests {
    /// `output = weight * 2 + bias` with target 3: from weight 0.5 and bias 0.25 the error is -1.75, so the gradients
    /// of the squared error are -7 and -3.5.
    private func weights(_ optimizer: Optimizer, rate: Float, decay: Float = 0, steps: Int = 1) throws -> [Float] {
        var model = try Model(input: [1], metadata: Metadata(task: .regression)) { Dense(1, name: "d") }
        model.parameters["d.weight"]!.values = [0.5]
        model.parameters["d.bias"]!.values = [0.25]
        let data = try FloatDataset(name: "one", shape: [1], values: [2], targetNames: ["y"], targets: [3])
        let options = TrainingOptions(optimizer: optimizer, weightDecay: decay, threads: 1)
        let engine = try TrainingEngine(model, batch: 1, loss: .squaredError, options: options)
        let targets = try TargetBuffer(data, loss: .squaredError, outputs: 1, batch: 1)
        var batches = try Batches(data, batchSize: 1)
        _ = targets.fill(engine.input, from: &batches)
        for _ in 0..<steps { _ = try engine.learn(targets, rate: rate) }
        let tensors = try engine.readParameters()
        return [tensors["d.weight"]!.values[0], tensors["d.bias"]!.values[0]]
    }

    private func expectClose(_ values: [Float], _ expected: [Double], at place: SourceLocation = #_sourceLocation) {
        for (value, wanted) in zip(values, expected) {
            #expect(abs(Double(value) - wanted) < 1e-6, "\(values), expected \(expected)", sourceLocation: place)
        }
    }

    @Test func sgd() throws {
        expectClose(try weights(.sgd(learningRate: 0.01), rate: 0.01), [0.57, 0.285])
        // Decay 0.1 adds 0.05 to the weight's gradient and nothing to the bias's.
        expectClose(try weights(.sgd(learningRate: 0.01), rate: 0.01, decay: 0.1), [0.5695, 0.285])
    }

    /// After the first step: weight 0.57, bias 0.285, error -1.575, gradients -6.3 and -3.15.
    @Test func momentum() throws {
        let optimizer = Optimizer.momentum(learningRate: 0.01, 0.5)
        expectClose(try weights(optimizer, rate: 0.01), [0.57, 0.285])
        expectClose(
            try weights(optimizer, rate: 0.01, steps: 2),
            [0.57 + 0.01 * (6.3 + 3.5), 0.285 + 0.01 * (3.15 + 1.75)])
    }

    /// The first step moves by rate * (g + momentum * g).
    @Test func nesterov() throws {
        let optimizer = Optimizer(.nesterov, learningRate: 0.01, momentum: 0.5)
        expectClose(try weights(optimizer, rate: 0.01), [0.5 + 0.01 * 10.5, 0.25 + 0.01 * 5.25])
        // Weight 0.605, bias 0.3025: error -1.4875, gradients -5.95 and -2.975; velocities -9.45 and -4.725.
        expectClose(
            try weights(optimizer, rate: 0.01, steps: 2),
            [0.605 + 0.01 * (5.95 + 0.5 * 9.45), 0.3025 + 0.01 * (2.975 + 0.5 * 4.725)])
    }

    /// Corrected, the first moments are the gradient and its square, so the step is the rate itself.
    @Test func adam() throws {
        expectClose(try weights(.adam(), rate: 0.1), [0.6, 0.35])
        // Weight 0.6, bias 0.35: error -1.45, gradients -5.8 and -2.9.
        let first = (0.9 * 0.1 * 7 + 0.1 * 5.8) / (1 - 0.81)
        let second = (0.999 * 0.001 * 49 + 0.001 * 33.64) / (1 - 0.998001)
        let step = 0.1 * first / second.squareRoot()
        expectClose(try weights(.adam(), rate: 0.1, steps: 2), [0.6 + step, 0.35 + step])
    }

    /// The decay takes rate * decay * weight off the weight, and nothing off the bias.
    @Test func adamWDecaysApart() throws {
        expectClose(try weights(.adamW(), rate: 0.1, decay: 0.5), [0.5 - 0.1 * 0.5 * 0.5 + 0.1, 0.35])
        expectClose(try weights(.adam(), rate: 0.1, decay: 0.5), [0.6, 0.35])
    }

    @Test func batchNormDoesNotDecay() throws {
        let model = try Model(input: [2], metadata: Metadata(task: .regression)) {
            Dense(2, name: "d")
            BatchNorm()
            Dense(1)
        }
        let data = try FloatDataset(
            name: "zeros", shape: [2], values: [0, 0, 0, 0], targetNames: ["y"], targets: [0, 0])
        var options = TrainingOptions(epochs: 1, optimizer: .adamW(learningRate: 0.1), weightDecay: 1, threads: 1)
        options.loss = .squaredError
        let trained = try Trainer(options).train(model, on: data).model
        #expect(trained.parameters["batch_norm_1.weight"]!.values == [1, 1])
        let before = model.parameters["d.weight"]!.values
        #expect(trained.parameters["d.weight"]!.values == before.map { (1 - 0.1) * $0 })
    }

    @Test func schedules() {
        func factors(_ schedule: Schedule) -> [Double] {
            (0..<8).map { schedule.factor(step: $0, stepsPerEpoch: 2, epochs: 4) }
        }
        #expect(factors(.fixed) == Array(repeating: 1, count: 8))
        #expect(factors(.step(every: 2, factor: 0.5)) == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5])
        #expect(factors(.exponential(0.25)) == [1, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125])
        let cosine = factors(.cosine(to: 0.2))
        #expect(cosine[0] == 1 && abs(cosine[7] - 0.2) < 1e-12)
        #expect(zip(cosine, cosine.dropFirst()).allSatisfy { $0 > $1 })
        #expect(abs(cosine[3] + cosine[4] - 1.2) < 1e-12)
        var warm = Schedule.step(every: 1, factor: 0.5)
        warm.warmup = 1.5
        #expect(factors(warm) == [0.25, 0.5, 0.75, 1, 1, 0.5, 0.5, 0.25])
    }

    @Test func optionsSurviveJSON() throws {
        let text = """
            {"epochs": 3, "optimizer": {"kind": "adamw", "learning_rate": 0.01}, "schedule": {"kind": "cosine"}}
            """
        let options = try JSONDecoder().decode(TrainingOptions.self, from: Data(text.utf8))
        #expect(options == TrainingOptions(epochs: 3, optimizer: .adamW(learningRate: 0.01), schedule: .cosine()))
        let again = try JSONDecoder().decode(TrainingOptions.self, from: JSONEncoder().encode(options))
        #expect(again == options)
    }
}
