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

            Every option of training is a key of a recipe's training section too (label_smoothing, mixup, \
            class_weights, clip_norm, average_decay, validation, patience, keep_best, distillation; cutout is one of \
            augmentation).
            """)

    @Argument(help: "A built-in recipe ('nnq recipes' lists them), a path to a .yaml file, or a .safetensors model.")
    var recipe: String?
    @Option(help: "A data set's name or a path. (default: the recipe's own, which nnq makes)") var data: String?
    @Option(
        name: .shortAndLong,
        help: "The .safetensors file to write. (default: RECIPE.safetensors, MODEL-trained.safetensors)")
    var output: String?
    @OptionGroup(title: "Training") var flags: TrainingFlags
    @Option(help: "Seed of weights, order, augmentation and dropout.") var seed: UInt64 = 1
    @Option(help: "Start from this model: its network and its weights.") var from: String?
    @Flag(help: "Go on from OUTPUT.checkpoint.") var resume = false
    @Flag(help: "Try rising learning rates, show the losses and suggest a rate; writes no model.")
    var findLearningRate = false
    @Option(help: "Train so many times, each time without another part of the samples, and evaluate on it; no output.")
    var folds: Int?
    @Flag(
        help: """
            Train for int8: round tensors and weights as the C runtime will, with learned scales. Starts from a trained \
            model, for a fifth of the recipe's epochs unless given, by the LAMB optimizer with a peak learning rate of \
            0.001 of each layer's weights. 'nnq quantize' then needs no data.
            """)
    var qat = false
    @Option(
        help: """
            With --qat: for so many epochs batch norms stay, by the statistics of each batch; then they are frozen, \
            folded by their running ones. (default: 0, folded before the first)
            """)
    var freezeBatchNorm = 0
    @OptionGroup var bits: WeightBitsOption
    @OptionGroup var options: DataOptions
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var json: JSONOption

    private struct Result: Encodable {
        let accuracy: Double?
        let int8_accuracy: Double?
        let loss: Double?
        let rmse: Double?
        let best_epoch: Int?
        let validation_accuracy: Double?
        let validation_loss: Double?
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
        if !qat, try bits.chosen() != .eight {
            throw ValidationError("--weight-bits and --layer-bits are of training for int8: add --qat")
        }
        if freezeBatchNorm < 0 { throw ValidationError("--freeze-batch-norm is a number of epochs, 0 or more") }
        if freezeBatchNorm > 0, !qat || findLearningRate || folds != nil {
            throw ValidationError("--freeze-batch-norm is of training for int8: add --qat, without searches or folds")
        }
        if let folds, folds < 2 { throw ValidationError("--folds is \(folds); at least 2 are needed") }
        if findLearningRate, folds != nil {
            throw ValidationError("--find-learning-rate and --folds are two different runs: choose one")
        }
        if resume, findLearningRate || folds != nil {
            throw ValidationError("--resume is for training; --find-learning-rate and --folds start anew")
        }
    }

    func run() throws {
        let start = try TrainingStart(recipe, from: from)
        guard let data = data ?? start.data else {
            throw TrainError("a model file names no data to learn: add --data, a set's name or a path")
        }
        Interrupt.watch()
        let training = try settings(start)
        let teacher = try flags.teacherModel()
        let trainSet = try options.load(data, .train)
        let model = try rounding(try start.model(for: trainSet, seed: seed), start, trainSet)
        describe(start, model, trainSet)
        if findLearningRate { return try searchRate(model, trainSet, training, teacher) }
        if let folds { return try crossValidate(model, trainSet, training, teacher, folds) }
        try train(start, model, trainSet, try options.load(data, .test), training, teacher)
    }

    /// The recipe's settings, and what the call puts in their place.
    private func settings(_ start: TrainingStart) throws -> TrainingOptions {
        var training = qat ? start.training.forInt8 : start.training
        try flags.apply(to: &training)
        training.seed = seed
        training.threads = threads.threads
        guard freezeBatchNorm == 0 || freezeBatchNorm < training.epochs else {
            throw TrainError(
                "--freeze-batch-norm \(freezeBatchNorm): training ends after \(training.epochs) epochs; frozen batch "
                    + "norms need at least one, so train longer or freeze earlier")
        }
        return training
    }

    private func train(
        _ start: TrainingStart, _ model: Model, _ trainSet: any Dataset, _ testSet: any Dataset,
        _ training: TrainingOptions, _ teacher: Model?
    ) throws {
        let output = output ?? TrainingStart.output(recipe, from: from, name: start.name)
        let checkpointPath = "\(output).checkpoint"
        try requireWritable(output)
        let isStopped = resume && (!start.hasWeights || FileManager.default.fileExists(atPath: checkpointPath))
        let checkpoint = isStopped ? try Checkpoint(contentsOf: checkpointPath) : nil
        let result = try train(start.name, model, trainSet, training, teacher, checkpoint)
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
        return try quantizer.prepared(
            model, calibration: DatasetSource(dataset, threads: threads.threads), keepsBatchNorms: freezeBatchNorm > 0)
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
        _ name: String, _ model: Model, _ dataset: any Dataset, _ training: TrainingOptions, _ teacher: Model?,
        _ checkpoint: Checkpoint?
    ) throws -> TrainingResult {
        var progress: Progress?
        let quietEpochs = max(1, training.epochs / 20)
        let freezing =
            freezeBatchNorm > 0 ? ModelChange(afterEpochs: freezeBatchNorm) { try $0.freezingBatchNorms() } : nil
        let result = try Trainer(training).train(
            model, on: dataset, teacher: teacher, changing: freezing, resuming: checkpoint
        ) { state in
            let batch = state.samplesPerStep
            let bar = progress ?? Progress(
                name, total: state.steps * batch, unit: "samples", from: (checkpoint?.progress.step ?? 0) * batch)
            progress = bar
            bar.update(state.step * batch, note: Self.note(state))
            if let summary = state.summary, summary.epoch % quietEpochs == 0 || state.step == state.steps {
                bar.finish(Self.line(summary, of: state.epochs))
            }
            return !Interrupt.isRequested
        }
        progress?.finish()
        return result
    }

    static func note(_ state: TrainingProgress) -> String {
        let accuracy = state.accuracy.map { "  accuracy \(percent($0))" } ?? ""
        return String(format: "epoch %d/%d  loss %.4f", state.epoch, state.epochs, state.loss) + accuracy
    }

    private static func line(_ summary: EpochSummary, of epochs: Int) -> String {
        let accuracy = summary.accuracy.map { "  training accuracy \(percent($0))" } ?? ""
        let validation = summary.validation.map { "  validation: \($0.sentence)" } ?? ""
        return String(format: "epoch %d/%d  loss %.4f", summary.epoch, epochs, summary.loss) + accuracy + validation
    }

    private func report(
        _ result: TrainingResult, _ evaluation: Evaluation, _ int8Accuracy: Double?, _ testSet: any Dataset,
        _ output: String
    ) throws {
        let validation = result.epochs[(result.bestEpoch ?? result.epochs.count) - 1].validation
        if json.isOn {
            return try Console.emit(
                Result(
                    accuracy: evaluation.accuracy, int8_accuracy: int8Accuracy, loss: evaluation.loss,
                    rmse: evaluation.rootMeanSquaredError, best_epoch: result.bestEpoch,
                    validation_accuracy: validation?.accuracy, validation_loss: validation?.loss,
                    samples_per_second: result.samplesPerSecond, epochs: result.epochs.count,
                    parameters: result.model.parameterCount, output: output))
        }
        Console.print(
            "\(evaluation.sentence) on \(grouped(testSet.count)) test samples of \(testSet.name)  "
                + "(\(grouped(Int(result.samplesPerSecond))) samples/s)")
        if let epoch = result.bestEpoch, let validation {
            Console.print(
                "Weights of epoch \(epoch) of \(result.epochs.count), the best: \(validation.sentence) in validation")
        }
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
