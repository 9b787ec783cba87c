// SPDX-License-Identifier: Apache-2.0
// nnq train: trains a recipe's network, or one from a model file.

import ArgumentParser
import Foundation
import NNQData
import NNQFormat
import NNQGraph
import NNQQuantize
import NNQTrain

struct TrainVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Train a network from a recipe, or go on with a model.",
        discussion: """
            Examples: nnq train lenet5 --data mnist -o lenet5.safetensors
                      nnq train imported.safetensors --data cifar-10 --epochs 5 -o tuned.safetensors

            A model file ('nnq train' and 'nnq import' write them) brings its network, weights and normalization; a \
            recipe beside it (nnq train resnet8 --from imported.safetensors) gives settings and data only.

            Ctrl-C stops after the current step and leaves OUTPUT.checkpoint; the same call with --resume goes on
            from it and ends with the same weights as a run that was never stopped. Of a model file without a \
            checkpoint, --resume trains the model as it is.
            """)

    @Argument(help: "A built-in recipe ('nnq recipes' lists them), a path to a .yaml file, or a .safetensors model.")
    var recipe: String?
    @Option(help: "A data set's name or a path. (default: the recipe's own, which nnq makes)") var data: String?
    @Option(
        name: .shortAndLong,
        help: "The .safetensors file to write. (default: RECIPE.safetensors, MODEL-trained.safetensors)")
    var output: String?
    @Option(help: "Passes over the training set.") var epochs: Int?
    @Option(help: "Samples a step.") var batchSize: Int?
    @Option(help: "Peak learning rate.") var learningRate: Float?
    @Option(help: "Seed of weights, order, augmentation and dropout.") var seed: UInt64 = 1
    @Option(help: "Start from this model: its network and its weights.") var from: String?
    @Flag(help: "Go on from OUTPUT.checkpoint.") var resume = false
    @Flag(
        help: """
            Train for int8: round tensors and weights as the C runtime will, with learned scales. Starts from a trained \
            model, for a fifth of the recipe's epochs unless given, by the LAMB optimizer with a peak learning rate of \
            0.001 of each layer's weights. 'nnq quantize' then needs no data.
            """)
    var qat = false
    @OptionGroup var bits: WeightBitsOption
    @OptionGroup var options: DataOptions
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var json: JSONOption

    private struct Result: Encodable {
        let accuracy: Double?
        let int8_accuracy: Double?
        let loss: Double?
        let rmse: Double?
        let samples_per_second: Double
        let epochs: Int
        let parameters: Int
        let output: String
    }

    func validate() throws {
        if recipe == nil, from == nil { throw ValidationError("name a recipe or a model to train, lenet5 for example") }
        if let recipe, from != nil, TrainingStart.isModel(recipe) {
            throw ValidationError("\(recipe) and --from are both models; one can be the start")
        }
        if let epochs, epochs < 1 { throw ValidationError("--epochs is \(epochs); at least 1 is needed") }
        if !qat, try bits.chosen() != .eight {
            throw ValidationError("--weight-bits and --layer-bits are of training for int8: add --qat")
        }
        if let batchSize, batchSize < 1 { throw ValidationError("--batch-size is \(batchSize); at least 1 is needed") }
        if let learningRate, !(learningRate > 0) { throw ValidationError("--learning-rate must be above 0") }
    }

    func run() throws {
        let start = try TrainingStart(recipe, from: from)
        guard let data = data ?? start.data else {
            throw TrainError("a model file names no data to learn: add --data, a set's name or a path")
        }
        let output = output ?? TrainingStart.output(recipe, from: from, name: start.name)
        let checkpointPath = "\(output).checkpoint"
        try requireWritable(output)
        Interrupt.watch()
        let isStopped = resume && (!start.hasWeights || FileManager.default.fileExists(atPath: checkpointPath))
        let checkpoint = isStopped ? try Checkpoint(contentsOf: checkpointPath) : nil
        let trainSet = try options.load(data, .train)
        let testSet = try options.load(data, .test)
        let model = try rounding(try start.model(for: trainSet, seed: seed), start, trainSet)
        describe(start, model, trainSet)

        let result = try train(start, model, trainSet, checkpoint)
        guard result.isFinished else {
            try result.checkpoint.write(to: checkpointPath)
            throw Interrupted(description: "Stopped. The same call with --resume goes on from \(checkpointPath)")
        }
        let evaluation = try result.model.evaluate(on: testSet, threads: threads.threads)
        let int8 = qat ? try Self.int8Accuracy(result.model, testSet) : nil
        try result.model.write(to: output)
        unlink(checkpointPath)
        try report(result, evaluation, int8, testSet, output)
    }

    /// With --qat, the model with rounding where int8 will round; the model itself where it has that already.
    private func rounding(_ model: Model, _ start: TrainingStart, _ dataset: any Dataset) throws -> Model {
        guard qat else { return model }
        guard start.hasWeights else {
            throw TrainError("--qat starts from a trained model: train one, and name it with --from")
        }
        let quantizer = Quantizer(QuantizationOptions(weightBits: try bits.chosen(), calibrationSamples: 1000))
        return try quantizer.prepared(model, calibration: DatasetSource(dataset, threads: threads.threads))
    }

    /// What the C runtime reaches with the model's int8 program.
    private static func int8Accuracy(_ model: Model, _ dataset: any Dataset) throws -> Double? {
        let program = try Quantizer().quantize(trained: model).program
        return try evaluateInt8(program, try ProgramFile(program).encoded(), on: dataset).accuracy
    }

    private func describe(_ start: TrainingStart, _ model: Model, _ dataset: any Dataset) {
        Console.say(
            "\(start.name): \(grouped(model.parameterCount)) parameters, \(dataset.name): "
                + "\(grouped(dataset.count)) samples of "
                + dataset.sampleShape.map(String.init).joined(separator: "x"))
    }

    private func train(
        _ start: TrainingStart, _ model: Model, _ dataset: any Dataset, _ checkpoint: Checkpoint?
    ) throws -> TrainingResult {
        var training = start.training
        if qat {
            training.epochs = max(1, training.epochs / 5)
            training.optimizer = Optimizer(.lamb, learningRate: 0.001)
            training.weightDecay = 0
            training.schedule = .cosine(warmup: 0.1)
        }
        training.epochs = epochs ?? training.epochs
        training.batchSize = batchSize ?? training.batchSize
        training.optimizer.learningRate = learningRate ?? training.optimizer.learningRate
        training.seed = seed
        training.threads = threads.threads
        let batch = min(training.batchSize, dataset.count)
        let progress = Progress(
            start.name, total: training.epochs * (dataset.count / batch) * batch, unit: "samples",
            from: (checkpoint?.progress.step ?? 0) * batch)
        let quietEpochs = max(1, training.epochs / 20)
        let result = try Trainer(training).train(model, on: dataset, resuming: checkpoint) { state in
            progress.update(state.step * batch, note: Self.note(state))
            if let summary = state.summary, summary.epoch % quietEpochs == 0 || state.step == state.steps {
                progress.finish(Self.line(summary, of: state.epochs))
            }
            return !Interrupt.isRequested
        }
        progress.finish()
        return result
    }

    private static func note(_ state: TrainingProgress) -> String {
        let accuracy = state.accuracy.map { "  accuracy \(percent($0))" } ?? ""
        return String(format: "epoch %d/%d  loss %.4f", state.epoch, state.epochs, state.loss) + accuracy
    }

    private static func line(_ summary: EpochSummary, of epochs: Int) -> String {
        let accuracy = summary.accuracy.map { "  training accuracy \(percent($0))" } ?? ""
        return String(format: "epoch %d/%d  loss %.4f", summary.epoch, epochs, summary.loss) + accuracy
    }

    private func report(
        _ result: TrainingResult, _ evaluation: Evaluation, _ int8Accuracy: Double?, _ testSet: any Dataset,
        _ output: String
    ) throws {
        if json.isOn {
            return try Console.emit(
                Result(
                    accuracy: evaluation.accuracy, int8_accuracy: int8Accuracy, loss: evaluation.loss,
                    rmse: evaluation.rootMeanSquaredError,
                    samples_per_second: result.samplesPerSecond, epochs: result.epochs.count,
                    parameters: result.model.parameterCount, output: output))
        }
        Console.print(
            "\(evaluation.sentence) on \(grouped(testSet.count)) test samples of \(testSet.name)  "
                + "(\(grouped(Int(result.samplesPerSecond))) samples/s)")
        if let int8Accuracy { Console.print("Accuracy \(percent(int8Accuracy)) in int8, by the C runtime") }
        Console.print("Wrote \(output)")
    }
}

extension Evaluation {
    /// The figure that matters most for the task.
    var sentence: String {
        if let accuracy { return "Accuracy \(percent(accuracy))" }
        return String(format: "RMSE %.4f, R² %.4f", rootMeanSquaredError ?? .nan, r2 ?? .nan)
    }
}
