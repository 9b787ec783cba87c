// SPDX-License-Identifier: Apache-2.0
// nnq train --find-learning-rate, and --folds: runs that answer a question and write no model.

import Foundation
import NNQData
import NNQGraph
import NNQTrain

extension TrainVerb {
    /// Shows the loss over the learning rate, and suggests one.
    func searchRate(_ model: Model, _ dataset: any Dataset, _ training: TrainingOptions, _ teacher: Model?) throws {
        let finder = LearningRateFinder(training)
        let progress = Progress("learning rate", total: finder.steps, unit: "steps")
        let search = try finder.search(model, on: dataset, teacher: teacher) { step in
            progress.update(step)
            return !Interrupt.isRequested
        }
        progress.finish()
        if json.isOn { return try Console.emit(search) }
        search.lines.forEach(Console.print)
    }

    /// Shows what each fold reaches, their mean and their standard deviation.
    func crossValidate(
        _ model: Model, _ dataset: any Dataset, _ training: TrainingOptions, _ teacher: Model?, _ folds: Int
    ) throws {
        var progress: Progress?
        let validation = CrossValidation(training, folds: folds)
        let result = try validation.run(model, on: dataset, teacher: teacher) { fold, state in
            let perFold = state.steps * state.samplesPerStep
            let bar = progress ?? Progress("\(folds) folds", total: folds * perFold, unit: "samples")
            progress = bar
            bar.update(
                fold * perFold + state.step * state.samplesPerStep, note: "fold \(fold + 1)  " + Self.note(state))
            return !Interrupt.isRequested
        }
        progress?.finish()
        guard let result else { throw Interrupted(description: "Stopped before the last fold; nothing is kept") }
        if json.isOn { return try Console.emit(FoldsResult(result)) }
        result.lines.forEach(Console.print)
    }
}

extension LearningRateSearch {
    /// Losses at up to 20 rates as bars, and the suggestion.
    fileprivate var lines: [String] {
        var table = Table(["learning rate", "loss", ""], rightAligned: [0, 1])
        let every = max(1, points.count / 20)
        let highest = points.map(\.smoothed).max() ?? 1
        for point in points.enumerated().filter({ $0.offset % every == 0 }).map(\.element) {
            let bar = String(repeating: "█", count: max(0, Int((40 * point.smoothed / highest).rounded())))
            table.add([String(format: "%.2e", point.rate), String(format: "%.4f", point.smoothed), bar])
        }
        return table.lines + [
            "",
            String(format: "The loss falls fastest at %.2e and is least at %.2e.", steepest, lowest),
            String(format: "Suggested: --learning-rate %.2g", suggestion),
        ]
    }
}

extension CrossValidationResult {
    fileprivate var lines: [String] {
        let isAccuracy = folds[0].accuracy != nil
        func text(_ value: Double) -> String { isAccuracy ? percent(value) : String(format: "%.4f", value) }
        var table = Table(["fold", "samples", isAccuracy ? "accuracy" : "RMSE"], rightAligned: [0, 1, 2])
        for (index, fold) in folds.enumerated() {
            table.add([
                "\(index + 1)", grouped(fold.samples), text(fold.accuracy ?? fold.rootMeanSquaredError ?? .nan),
            ])
        }
        return table.lines + ["Mean \(text(mean)), standard deviation \(text(standardDeviation))"]
    }
}

/// The JSON object of `nnq train --folds`.
private struct FoldsResult: Encodable {
    struct Fold: Encodable {
        let samples: Int
        let accuracy: Double?
        let loss: Double?
        let rmse: Double?
    }

    let folds: [Fold]
    let metric: String
    let mean: Double
    let standard_deviation: Double

    init(_ result: CrossValidationResult) {
        folds = result.folds.map {
            Fold(samples: $0.samples, accuracy: $0.accuracy, loss: $0.loss, rmse: $0.rootMeanSquaredError)
        }
        metric = result.folds[0].accuracy == nil ? "rmse" : "accuracy"
        mean = result.mean
        standard_deviation = result.standardDeviation
    }
}
