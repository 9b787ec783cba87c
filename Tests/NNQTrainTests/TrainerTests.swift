// SPDX-License-Identifier: Apache-2.0
// Whole runs: they learn, repeat exactly, stop and resume exactly, and say what went wrong.

import Foundation
import NNQBase
import NNQData
import NNQGraph
import NNQTrain
import Testing

@Suite struct TrainerTests {
    /// Images 8x8 of two kinds: a bright row or a bright column, somewhere.
    private func bars(_ count: Int, seed: UInt64 = 1) throws -> ByteDataset {
        var pixels: [UInt8] = []
        let noise = Noise.values(count * 65, seed: seed)
        for sample in 0..<count {
            let line = Int(abs(noise[count * 64 + sample]) * 7.99)
            for i in 0..<64 {
                let isBright = sample % 2 == 0 ? i / 8 == line : i % 8 == line
                pixels.append(UInt8((isBright ? 180 : 40) + 30 * noise[sample * 64 + i]))
            }
        }
        return try ByteDataset(
            name: "bars", shape: [8, 8, 1], classes: ["row", "column"], pixels: pixels,
            labels: (0..<count).map { UInt16($0 % 2) })
    }

    private func convnet() throws -> Model {
        let metadata = Metadata(normalization: Normalization(mean: [60], std: [50]))
        return try Model(input: [8, 8, 1], metadata: metadata) {
            Conv2D(8, kernel: 3, padding: .same)
            BatchNorm()
            ReLU()
            MaxPool(2)
            Residual { Conv2D(8, kernel: 3, padding: .same) }
            ReLU()
            Flatten()
            Dropout(0.2)
            Dense(2)
            Softmax()
        }
    }

    private var options: TrainingOptions {
        TrainingOptions(
            epochs: 4, batchSize: 16, optimizer: .adam(learningRate: 0.01), schedule: .cosine(warmup: 0.5),
            augmentation: Augmentation(shift: 1), seed: 5, threads: 2)
    }

    @Test func aConvnetLearns() throws {
        var options = options
        options.epochs = 12
        let result = try Trainer(options).train(convnet(), on: bars(200), validation: bars(100, seed: 2))
        let evaluation = try result.model.evaluate(on: bars(301, seed: 3), batch: 16, threads: 2)
        #expect(evaluation.samples == 301)
        #expect(evaluation.accuracy! > 0.97)
        #expect(evaluation.confusion!.flatMap { $0 }.reduce(0, +) == 301)
        #expect(result.isFinished && result.epochs.count == 12)
        #expect(result.epochs[11].validation!.accuracy! > 0.97)
        #expect(result.epochs[11].loss < result.epochs[0].loss / 2)
    }

    @Test func sameSeedSameBytes() throws {
        let data = try bars(100)
        let first = try Trainer(options).train(convnet(), on: data).model
        let second = try Trainer(options).train(convnet(), on: data).model
        #expect(try first.safeTensors().bytes() == second.safeTensors().bytes())
        var other = options
        other.seed = 6
        #expect(try Trainer(other).train(convnet(), on: data).model != first)
    }

    @Test(arguments: [1, 6, 7, 12, 23]) func resumingGivesTheSameBytes(stopAfter: Int) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("run.checkpoint").path
        let data = try bars(100)
        let whole = try Trainer(options).train(convnet(), on: data)
        let stopped = try Trainer(options).train(convnet(), on: data) { $0.step < stopAfter }
        #expect(!stopped.isFinished && stopped.checkpoint.progress.step == stopAfter)
        try stopped.checkpoint.write(to: path)
        let read = try Checkpoint(contentsOf: path)
        #expect(read == stopped.checkpoint)
        let resumed = try Trainer(options).train(convnet(), on: data, resuming: read)
        #expect(resumed.isFinished)
        #expect(try resumed.model.safeTensors().bytes() == whole.model.safeTensors().bytes())
        #expect(resumed.epochs == whole.epochs)
    }

    /// A model knows its epochs, and those of the model that it was trained from.
    @Test func historiesAddUp() throws {
        let data = try bars(100)
        var options = options
        options.validationShare = 0.2
        let first = try Trainer(options).train(convnet(), on: data)
        let second = try Trainer(options).train(first.model, on: data)
        let epochs = (first.epochs + second.epochs).map { epoch in
            TrainedEpoch(
                loss: epoch.loss, accuracy: epoch.accuracy, validationLoss: epoch.validation?.loss,
                validationAccuracy: epoch.validation?.accuracy)
        }
        #expect(epochs.count == 2 * options.epochs && second.model.metadata.history == epochs)
        #expect(epochs.allSatisfy { $0.validationLoss != nil && $0.validationAccuracy != nil })
        #expect(try convnet().metadata.history == nil)
    }

    @Test func otherDataCannotBeResumed() throws {
        let stopped = try Trainer(options).train(convnet(), on: bars(100)) { $0.step < 3 }
        #expect(throws: TrainError.self) {
            try Trainer(options).train(convnet(), on: bars(90), resuming: stopped.checkpoint)
        }
    }

    @Test func xorLearns() throws {
        let data = try FloatDataset(
            name: "xor", shape: [2], values: [0, 0, 0, 1, 1, 0, 1, 1], classes: ["no", "yes"], labels: [0, 1, 1, 0])
        let model = try Model(input: [2], seed: 3, metadata: Metadata(task: .binary)) {
            Dense(8)
            Tanh()
            Dense(1)
            Sigmoid()
        }
        let options = TrainingOptions(epochs: 300, batchSize: 64, optimizer: .adam(learningRate: 0.05), threads: 1)
        let evaluation = try Trainer(options).train(model, on: data).model.evaluate(on: data, threads: 1)
        #expect(evaluation.accuracy == 1)
        #expect(evaluation.loss! < 0.05)
        #expect(evaluation.confusion == [[2, 0], [0, 2]])
    }

    /// Trained with a sigmoid, used with a step.
    @Test func aPerceptronLearnsAnd() throws {
        let data = try FloatDataset(
            name: "and", shape: [2], values: [0, 0, 0, 1, 1, 0, 1, 1], classes: ["no", "yes"], labels: [0, 0, 0, 1])
        let model = try Model(input: [2], metadata: Metadata(task: .binary)) { Dense(1); Step() }
        let options = TrainingOptions(epochs: 300, optimizer: .sgd(learningRate: 1), threads: 1)
        let trained = try Trainer(options).train(model, on: data).model
        #expect(try FloatEngine(trained, batch: 4).run([0, 0, 0, 1, 1, 0, 1, 1]) == [0, 0, 0, 1])
        let evaluation = try trained.evaluate(on: data)
        #expect(evaluation.accuracy == 1 && evaluation.loss == nil)
    }

    @Test func aLineIsFound() throws {
        let values = Noise.values(64, seed: 9)
        let data = try FloatDataset(
            name: "line", shape: [1], values: values, targetNames: ["y"], targets: values.map { 3 * $0 - 2 })
        let model = try Model(input: [1], metadata: Metadata(task: .regression)) { Dense(1, name: "d") }
        let options = TrainingOptions(epochs: 200, batchSize: 16, optimizer: .momentum(learningRate: 0.05), threads: 1)
        let trained = try Trainer(options).train(model, on: data).model
        #expect(abs(trained.parameters["d.weight"]!.values[0] - 3) < 1e-3)
        #expect(abs(trained.parameters["d.bias"]!.values[0] + 2) < 1e-3)
        let evaluation = try trained.evaluate(on: data)
        #expect(evaluation.r2! > 0.9999 && evaluation.rootMeanSquaredError! < 1e-2 && evaluation.accuracy == nil)
    }

    @Test func runningStatisticsFollowTheBatches() throws {
        let model = try Model(input: [1], metadata: Metadata(task: .regression)) { BatchNorm(momentum: 0.25); Dense(1) }
        let data = try FloatDataset(name: "two", shape: [1], values: [1, 5], targetNames: ["y"], targets: [0, 0])
        let trained = try Trainer(TrainingOptions(epochs: 1, threads: 1)).train(model, on: data).model
        // The batch's mean is 3, its variance 4; the start is 0 and 1.
        #expect(trained.parameters["batch_norm_1.running_mean"]!.values == [0.75])
        #expect(trained.parameters["batch_norm_1.running_var"]!.values == [1.75])
    }

    @Test func dropoutKeepsTheMeanAndItsGradient() throws {
        let model = try Model(input: [1000], metadata: Metadata(task: .regression)) {
            Dropout(0.25)
            Dense(1, bias: false)
        }
        var ones = model
        ones.parameters["dense_1.weight"]!.values = [Float](repeating: 1, count: 1000)
        let data = try FloatDataset(
            name: "ones", shape: [1000], values: [Float](repeating: 1, count: 1000), targetNames: ["y"], targets: [0])
        let engine = try TrainingEngine(
            ones, batch: 1, loss: .squaredError, options: TrainingOptions(seed: 4, threads: 1))
        let targets = try TargetBuffer(data, loss: .squaredError, outputs: 1, batch: 1)
        var batches = try Batches(data, batchSize: 1)
        _ = targets.fill(engine.input, from: &batches)
        // The output is the number of kept inputs times 4/3; each kept input's gradient is twice that times 4/3.
        let output = try engine.computeGradients(targets).loss.squareRoot()
        #expect(abs(output - 1000) < 60)
        let gradient = try engine.readGradients()["dense_1.weight"]!.values
        let kept = gradient.filter { $0 != 0 }
        #expect(abs(Double(kept.count) * 4 / 3 - output) < 1e-2)
        #expect(kept.allSatisfy { abs(Double($0) - 2 * output * 4 / 3) < 1e-1 })
    }

    @Test func divergenceIsASentence() throws {
        let data = try FloatDataset(
            name: "big", shape: [1], values: [1e6, 2e6, 3e6, 4e6], targetNames: ["y"], targets: [1, 2, 3, 4])
        let model = try Model(input: [1], metadata: Metadata(task: .regression)) { Dense(1) }
        let options = TrainingOptions(epochs: 50, batchSize: 2, optimizer: .sgd(learningRate: 10), threads: 1)
        let error = #expect(throws: TrainError.self) { try Trainer(options).train(model, on: data) }
        #expect(error!.description.hasPrefix("the loss is not a finite number in epoch "))
        #expect(error!.description.contains(" of 2: lower the learning rate (it is 10.0)"))
    }

    @Test func whatDoesNotFitIsASentence() throws {
        let data = try bars(20)
        func message(_ model: Model, _ options: TrainingOptions = TrainingOptions()) -> String {
            do { _ = try Trainer(options).train(model, on: data) } catch { return "\(error)" }
            return "no error"
        }
        let flat = try Model(input: [64]) { Dense(2) }
        #expect(message(flat).hasPrefix("bars has samples of shape 8x8x1, the graph's input is 64"))
        let small = try Model(input: [8, 8, 1]) { Flatten(); Dense(1) }
        #expect(message(small).hasPrefix("bars has 2 classes, the graph 1 outputs"))
        let step = try Model(input: [8, 8, 1]) { Flatten(); Dense(4); Step(); Dense(2) }
        #expect(message(step).hasPrefix("layer 'step_1' (step) has no gradient"))
        let fixed = try Model(input: [8, 8, 1]) { Flatten() }
        #expect(message(fixed).contains("no parameters to train"))
        #expect(message(try convnet(), TrainingOptions(epochs: 0)) == "epochs is 0; use at least 1")
        #expect(message(try convnet(), TrainingOptions(loss: .binaryCrossEntropy)).contains("ends in sigmoid or step"))
        let backwards = TrainingOptions(optimizer: .sgd(learningRate: -1))
        #expect(message(try convnet(), backwards).hasPrefix("the learning rate is -1.0"))
    }
}
