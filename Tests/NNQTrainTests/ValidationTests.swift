// SPDX-License-Identifier: Apache-2.0
// Held-out samples: the best weights, patience, folds, the search for a rate, and runs that are resumed with all of it.

import Foundation
import NNQBase
import NNQData
import NNQGraph
import NNQTrain
import Testing

@Suite struct ValidationTests {
    /// Points in a plane of three classes that overlap.
    private func clouds(_ count: Int, seed: UInt64 = 1) throws -> FloatDataset {
        let noise = Noise.values(2 * count, seed: seed)
        let centres: [(Float, Float)] = [(0.6, 0), (-0.4, 0.5), (-0.4, -0.5)]
        return try FloatDataset(
            name: "clouds", shape: [2],
            values: (0..<2 * count).map { noise[$0] + ($0 % 2 == 0 ? centres[$0 / 2 % 3].0 : centres[$0 / 2 % 3].1) },
            classes: ["a", "b", "c"], labels: (0..<count).map { Int32($0 % 3) })
    }

    private func network(_ width: Int = 16) throws -> Model {
        try Model(input: [2], seed: 3) {
            Dense(width)
            BatchNorm()
            Tanh()
            Dropout(0.1)
            Dense(3)
            Softmax()
        }
    }

    private var options: TrainingOptions {
        var options = TrainingOptions(
            epochs: 8, batchSize: 16, optimizer: .adam(learningRate: 0.05), seed: 4, threads: 1)
        options.validationShare = 0.25
        return options
    }

    @Test func theBestEpochIsWritten() throws {
        var options = options
        options.keepsBest = true
        let data = try clouds(200)
        let result = try Trainer(options).train(network(), on: data)
        let best = try #require(result.bestEpoch)
        let accuracies = result.epochs.map { $0.validation!.accuracy! }
        #expect(accuracies[best - 1] == accuracies.max() && result.epochs.count == 8)
        let held = try holdOut(data, share: 0.25, seed: 4).held
        #expect(held.count == 50 && result.epochs[0].validation!.samples == 50)
        #expect(try result.model.evaluate(on: held, batch: 16, threads: 1) == result.epochs[best - 1].validation)
        // A run that ends with that epoch has the same weights.
        options.epochs = best
        options.keepsBest = false
        #expect(try Trainer(options).train(network(), on: data).model.parameters == result.model.parameters)
    }

    @Test func patienceEnds() throws {
        var options = options
        options.epochs = 500
        options.patience = 3
        let result = try Trainer(options).train(network(), on: clouds(120))
        let best = try #require(result.bestEpoch)
        #expect(result.isFinished && result.epochs.count == best + 3 && best < 490)
        // Each new best came within three epochs of the one before: more right, or as many with a lower loss.
        var (last, accuracy, loss) = (0, -1.0, 0.0)
        for (index, epoch) in result.epochs.enumerated() {
            let value = epoch.validation!
            guard value.accuracy! > accuracy || (value.accuracy! == accuracy && value.loss! < loss) else { continue }
            #expect(index - last <= 3)
            (last, accuracy, loss) = (index, value.accuracy!, value.loss!)
        }
        #expect(last + 1 == best)
    }

    /// Averages, the best weights, patience, mixing and the teacher all go on where they were.
    @Test(arguments: [1, 9, 10, 27, 44]) func resumingGivesTheSameBytes(stopAfter: Int) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("run.checkpoint").path
        var options = options
        options.averageDecay = 0.9
        options.keepsBest = true
        options.patience = 3
        options.mixup = 0.3
        options.labelSmoothing = 0.1
        options.classWeights = .given([1, 2, 0.5])
        options.clipNorm = 0.5
        options.distillation = Distillation()
        let data = try clouds(200)
        let teacher = try network(40)
        let whole = try Trainer(options).train(network(), on: data, teacher: teacher)
        let stopped = try Trainer(options).train(network(), on: data, teacher: teacher) { $0.step < stopAfter }
        try #require(stopped.checkpoint.progress.step == stopAfter)
        try stopped.checkpoint.write(to: path)
        let read = try Checkpoint(contentsOf: path)
        #expect(read == stopped.checkpoint)
        let resumed = try Trainer(options).train(network(), on: data, teacher: teacher, resuming: read)
        #expect(resumed.isFinished && resumed.bestEpoch == whole.bestEpoch)
        #expect(try resumed.model.safeTensors().bytes() == whole.model.safeTensors().bytes())
        #expect(resumed.epochs == whole.epochs)
        #expect(throws: TrainError.self) {
            try Trainer(options).train(network(), on: data, teacher: network(41), resuming: read)
        }
    }

    /// A teacher is asked about the sample as it would see it itself, whatever the student's normalization.
    @Test func theTeachersNormalizationIsItsOwn() throws {
        let data = try clouds(60)
        var options = TrainingOptions(epochs: 2, batchSize: 20, optimizer: .sgd(learningRate: 0.5), threads: 1)
        options.distillation = Distillation(temperature: 2, weight: 1)
        var teacher = try Model(input: [2], seed: 9) { Dense(3, name: "d"); Softmax() }
        let first = try Trainer(options).train(network(), on: data, teacher: teacher).model
        // The same function of the raw sample, written with another normalization: x = 2 * ((x - 0.5) / 2) + 0.5.
        teacher.metadata.normalization = Normalization(mean: [0.5], std: [2])
        let weights = teacher.parameters["d.weight"]!.values
        for unit in 0..<3 {
            teacher.parameters["d.bias"]!.values[unit] += 0.5 * (weights[2 * unit] + weights[2 * unit + 1])
        }
        teacher.parameters["d.weight"]!.values = weights.map { 2 * $0 }
        let second = try Trainer(options).train(network(), on: data, teacher: teacher).model
        for (name, tensor) in first.parameters {
            for (one, other) in zip(tensor.values, second.parameters[name]!.values) {
                #expect(abs(one - other) < 1e-4, "\(name)")
            }
        }
        let wide = try Model(input: [2]) { Dense(4) }
        #expect(throws: TrainError.self) { try Trainer(options).train(network(), on: data, teacher: wide) }
    }

    /// With the teacher's answers alone, a student of the same shape comes to answer as it does.
    @Test func aStudentLearnsItsTeachersAnswers() throws {
        let data = try clouds(300)
        var plain = options
        plain.epochs = 20
        let teacher = try Trainer(plain).train(network(24), on: data).model
        var options = TrainingOptions(epochs: 30, batchSize: 20, optimizer: .adam(learningRate: 0.02), threads: 1)
        options.distillation = Distillation(temperature: 2, weight: 1)
        let student = try Trainer(options).train(network(12), on: data, teacher: teacher).model
        let raw = (0..<300).flatMap { data.sample($0) }
        func answers(_ model: Model) throws -> [Int] {
            let outputs = try FloatEngine(model, batch: 20, threads: 1).run(raw)
            return stride(from: 0, to: outputs.count, by: 3).map { start in
                (0..<3).max { outputs[start + $0] < outputs[start + $1] }!
            }
        }
        let same = try zip(answers(teacher), answers(student)).filter { $0 == $1 }.count
        #expect(same > 270, "\(same) of 300")
    }

    @Test func foldsAreTrainedApart() throws {
        let data = try clouds(91)
        var options = TrainingOptions(epochs: 3, batchSize: 8, optimizer: .adam(learningRate: 0.02), threads: 1)
        options.seed = 7
        var folds: [Int] = []
        let result = try #require(
            try CrossValidation(options, folds: 4).run(network(), on: data) { fold, _ in
                if folds.last != fold { folds.append(fold) }
                return true
            })
        #expect(folds == [0, 1, 2, 3])
        #expect(result.folds.map(\.samples).reduce(0, +) == 91)
        let parts = try stratifiedFolds(data, count: 4, seed: 7)
        let rest = (0..<91).filter { !parts[2].contains($0) }
        let third = try Trainer(options).train(network(), on: Subset(data, indices: rest)).model
        #expect(try third.evaluate(on: Subset(data, indices: parts[2]), threads: 1) == result.folds[2])
        let accuracies = result.folds.map { $0.accuracy! }
        let mean = accuracies.reduce(0, +) / 4
        let squares = accuracies.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
        #expect(abs(result.mean - mean) < 1e-12)
        #expect(abs(result.standardDeviation - (squares / 3).squareRoot()) < 1e-12)
        #expect(try CrossValidation(options, folds: 4).run(network(), on: data) { fold, _ in fold < 1 } == nil)
    }

    /// Of a parabola the rate's limit is known: gradient descent on (w x - y)^2 with x = 1 diverges above 1. Two targets,
    /// one a step, so that no step ends at a loss of 0.
    @Test func theSearchStopsWhereTrainingDiverges() throws {
        let data = try FloatDataset(name: "two", shape: [1], values: [1, 1], targetNames: ["y"], targets: [4, 6])
        let model = try Model(input: [1], metadata: Metadata(task: .regression)) { Dense(1, bias: false) }
        let options = TrainingOptions(batchSize: 1, optimizer: .sgd(learningRate: 1), threads: 1)
        let finder = LearningRateFinder(options, rates: 1e-5...100, steps: 150)
        let search = try finder.search(model, on: data)
        let last = search.points.last!.rate
        #expect(search.points.count < 150 && last > 1 && last < 10, "\(last)")
        // The moving mean still falls for some steps after the loss grows.
        #expect(search.lowest < 2 && search.steepest < 1, "\(search.lowest) \(search.steepest)")
        #expect(search.suggestion < 1 && search.suggestion > 1e-3, "\(search.suggestion)")
        #expect(search.points[0].rate == 1e-5)
        for (one, next) in zip(search.points, search.points.dropFirst()) {
            #expect(abs(next.rate / one.rate - pow(1e7, 1.0 / 149)) < 1e-6)
        }
        #expect(throws: TrainError.self) { try LearningRateFinder(options, rates: 10...100).search(model, on: data) }
    }
}
