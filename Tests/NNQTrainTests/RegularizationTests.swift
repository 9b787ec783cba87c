// SPDX-License-Identifier: Apache-2.0
// Clipped gradients, decay by groups and averaged weights, against the arithmetic done here.

import Foundation
import NNQData
import NNQGraph
import NNQTrain
import Testing

@Suite struct RegularizationTests {
    private func network() throws -> Model {
        try Model(input: [5, 5, 3], seed: 2) {
            Conv2D(10, kernel: 3, padding: .same, name: "conv")
            BatchNorm()
            ReLU()
            DepthwiseConv2D(kernel: 3, name: "depthwise")
            Flatten()
            Dense(4, name: "dense")
        }
    }

    private func noise(_ count: Int = 24) throws -> FloatDataset {
        try FloatDataset(
            name: "noise", shape: [5, 5, 3], values: Noise.values(count * 75, seed: 5), classes: ["a", "b", "c", "d"],
            labels: (0..<count).map { Int32($0 % 4) })
    }

    /// An engine with its first batch's targets.
    private func engine(_ options: TrainingOptions) throws -> (TrainingEngine, () throws -> Void) {
        let data = try noise()
        let engine = try TrainingEngine(network(), batch: 8, loss: .crossEntropy, options: options)
        let targets = try TargetBuffer(data, loss: .crossEntropy, outputs: 4, batch: 8)
        var batches = try Batches(data, batchSize: 8, seed: 3)
        return (engine, {
            _ = targets.fill(engine.input, from: &batches)
            _ = try engine.learn(targets, rate: 0.25)
        })
    }

    private func expectClose(_ value: [Float], _ expected: [Float], _ name: String) {
        for (one, other) in zip(value, expected) { #expect(abs(one - other) < 2e-6, "\(name)") }
    }

    @Test(arguments: [0.01, 0.5, 1000]) func clippedGradientsKeepTheirDirection(norm: Float) throws {
        var options = TrainingOptions(optimizer: .sgd(learningRate: 0.25), threads: 1)
        let (plain, plainStep) = try engine(options)
        let before = try plain.readParameters()
        try plainStep()
        let gradients = try plain.readGradients()
        let length = gradients.values.flatMap(\.values).reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        #expect(length > 0.5 && length < 1000)
        options.clipNorm = norm
        let (clipped, step) = try engine(options)
        try step()
        let factor = Float(min(1, Double(norm) / length))
        for (name, value) in try clipped.readParameters() where gradients[name] != nil {
            let expected = zip(before[name]!.values, gradients[name]!.values).map { $0 - 0.25 * factor * $1 }
            expectClose(value.values, expected, name)
        }
    }

    /// From the same gradients, one plain step and one with decay differ by rate * decay * weight.
    @Test func decayByGroups() throws {
        var options = TrainingOptions(optimizer: .sgd(learningRate: 0.25), threads: 1)
        let (plain, plainStep) = try engine(options)
        let before = try plain.readParameters()
        try plainStep()
        let without = try plain.readParameters()
        let decays: [(WeightDecayGroups, (depthwise: Float, biases: Float, norm: Float))] = [
            (WeightDecayGroups(), (0.1, 0, 0)), (WeightDecayGroups(depthwise: 0), (0, 0, 0)),
            (WeightDecayGroups(depthwise: 0.02, biases: 0.03, batchNorm: 0.04), (0.02, 0.03, 0.04)),
        ]
        options.weightDecay = 0.1
        for (groups, expected) in decays {
            options.weightDecayGroups = groups
            let (decayed, step) = try engine(options)
            try step()
            for (name, value) in try decayed.readParameters() where !name.contains("running") {
                let decay: Float =
                    switch name {
                    case "batch_norm_1.weight", "batch_norm_1.bias": expected.norm
                    case "depthwise.weight": expected.depthwise
                    default: name.hasSuffix("bias") ? expected.biases : 0.1
                    }
                let wanted = zip(without[name]!.values, before[name]!.values).map { $0 - 0.25 * decay * $1 }
                expectClose(value.values, wanted, name)
            }
        }
    }

    @Test func averagesFollowEveryStep() throws {
        var options = TrainingOptions(optimizer: .momentum(learningRate: 0.25), threads: 1)
        options.averageDecay = 0.3
        let (engine, step) = try engine(options)
        var expected = try engine.readParameters().mapValues { $0.values.map(Double.init) }
        for count in 1...6 {
            try step()
            let decay = min(0.3, Double(1 + count) / Double(10 + count))
            for (name, tensor) in try engine.readParameters() {
                expected[name] = zip(expected[name]!, tensor.values).map { decay * $0 + (1 - decay) * Double($1) }
            }
        }
        let averages = try #require(try engine.readAverages())
        #expect(averages.count == expected.count && averages.keys.contains("batch_norm_1.running_var"))
        for (name, tensor) in averages { expectClose(tensor.values, expected[name]!.map { Float($0) }, name) }
        #expect(try averages["dense.weight"] != engine.readParameters()["dense.weight"])
    }

    @Test func averagesAreWrittenAndValidated() throws {
        var options = TrainingOptions(epochs: 3, batchSize: 8, optimizer: .momentum(learningRate: 0.05), threads: 1)
        let data = try noise()
        let plain = try Trainer(options).train(network(), on: data, validation: data)
        options.averageDecay = 0.9
        let averaged = try Trainer(options).train(network(), on: data, validation: data)
        #expect(averaged.checkpoint.model.parameters == plain.model.parameters)
        #expect(averaged.model.parameters == averaged.model.parameters.merging(averaged.checkpoint.averages) { $1 })
        #expect(averaged.model.parameters != plain.model.parameters)
        let evaluation = try averaged.model.evaluate(on: data, batch: 8, threads: 1)
        #expect(averaged.epochs[2].validation == evaluation)
    }

    @Test func optionsSurviveJSON() throws {
        var options = TrainingOptions(augmentation: Augmentation(cutout: 3))
        options.weightDecayGroups = WeightDecayGroups(depthwise: 0.5, biases: 0.25)
        options.mixup = 0.5
        options.labelSmoothing = 0.25
        options.classWeights = .given([1, 0.5])
        options.clipNorm = 2
        options.averageDecay = 0.75
        options.validationShare = 0.125
        options.patience = 3
        options.keepsBest = true
        options.distillation = Distillation(temperature: 2, weight: 0.5)
        let data = try JSONEncoder().encode(options)
        #expect(try JSONDecoder().decode(TrainingOptions.self, from: data) == options)
        options.classWeights = .balanced
        #expect(try JSONDecoder().decode(TrainingOptions.self, from: JSONEncoder().encode(options)) == options)
        let old = #"{"augmentation": {"flip": true, "crop": 1, "shift": 0}}"#
        let read = try JSONDecoder().decode(TrainingOptions.self, from: Data(old.utf8))
        #expect(read == TrainingOptions(augmentation: Augmentation(flip: true, crop: 1)))
    }

    @Test func whatMakesNoSenseIsASentence() throws {
        let data = try noise()
        func message(_ change: (inout TrainingOptions) -> Void) -> String {
            var options = TrainingOptions(epochs: 1, threads: 1)
            change(&options)
            do { _ = try Trainer(options).train(network(), on: data) } catch { return "\(error)" }
            return "no error"
        }
        #expect(message { $0.labelSmoothing = 1 }.hasPrefix("label smoothing is 1.0"))
        #expect(message { $0.mixup = -1 }.hasPrefix("mixup is -1.0"))
        #expect(message { $0.clipNorm = 0 }.contains("clipped to 0.0"))
        #expect(message { $0.averageDecay = 1 }.hasPrefix("the averages' decay is 1.0"))
        #expect(message { $0.validationShare = 1 }.hasPrefix("the validation part is 1.0"))
        #expect(message { $0.patience = 2 }.contains("--validation 0.1"))
        #expect(message { $0.keepsBest = true }.contains("--validation 0.1"))
        #expect(message { $0.classWeights = .given([1]) }.hasPrefix("1 class weights were given, noise has 4"))
        #expect(message { $0.classWeights = .given([1, 1, 1, -1]) }.hasPrefix("class weights are at least 0"))
        #expect(message { $0.distillation = Distillation() }.contains("--distill TEACHER"))
        #expect(message { $0.distillation = Distillation(temperature: 0) }.contains("temperature is 0.0"))
        #expect(message { $0.weightDecayGroups.biases = -1 }.hasPrefix("weight decay of biases is -1.0"))
        #expect(message { ($0.loss, $0.labelSmoothing) = (.squaredError, 0.1) }.contains("label smoothing is for"))
    }
}
