// SPDX-License-Identifier: Apache-2.0
// nnq eval: how good one model is on a data set.

import ArgumentParser
import Foundation
import NNQData
import NNQGraph
import NNQQuantize
import NNQTrain

struct EvalVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval", abstract: "Measure a float or int8 model on a whole data set.",
        discussion: """
            Example: nnq eval lenet5.nnq --data mnist

            Of classes: accuracy, also among the --top-k best answers, the confusion matrix, and for each class \
            precision, recall, F1 and the area under the ROC curve against the rest, with means in which every class \
            counts the same. Of values: RMSE, MAE and R².
            """)

    @Argument(help: "A .nnq or .safetensors file.") var model: String
    @Option(help: "A data set's name or a path.") var data: String
    @Option(help: "train or test.") var split = Split.test
    @Option(help: "Count an answer as right among so many best. (default: 5, or the classes less one)") var topK: Int?
    @OptionGroup var options: DataOptions
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var json: JSONOption

    func validate() throws {
        if let topK, topK < 1 { throw ValidationError("--top-k is \(topK); at least 1 is needed") }
    }

    func run() throws {
        let model = try ModelFile(model)
        let dataset = try options.load(data, split)
        let progress = Progress("evaluating", total: dataset.count, unit: "samples")
        let start = ContinuousClock.now
        let (kind, evaluation) =
            switch model {
            case .float(let float):
                ("float", try float.evaluate(on: dataset, threads: threads.threads, detailed: true))
            case .int8(let file, let bytes):
                (
                    "int8",
                    try evaluateInt8(
                        file.program, bytes, on: dataset, threads: threads.threads, detailed: true,
                        progress: { progress.update($0) })
                )
            }
        progress.finish()
        let rate = Double(dataset.count) / (ContinuousClock.now - start).seconds
        let report = EvaluationReport(evaluation, classes: dataset.classNames, topK: topK)
        guard !json.isOn else {
            return try Console.emit(EvaluationResult(kind: kind, report: report, samplesPerSecond: rate))
        }
        Console.print(
            "\(evaluation.sentence) on \(grouped(dataset.count)) \(split.rawValue) samples of \(dataset.name)")
        report.lines.forEach(Console.print)
    }
}
