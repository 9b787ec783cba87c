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
        discussion: "Example: nnq eval lenet5.nnq --data mnist")

    @Argument(help: "A .nnq or .safetensors file.") var model: String
    @Option(help: "A data set's name or a path.") var data: String
    @Option(help: "train or test.") var split = Split.test
    @OptionGroup var options: DataOptions
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var json: JSONOption

    private struct Result: Encodable {
        let kind: String
        let evaluation: Evaluation
        let samples_per_second: Double

        enum Key: String, CodingKey {
            case kind, accuracy, loss, samples, confusion, mae, rmse, r2
            case samples_per_second
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(kind, forKey: .kind)
            try container.encode(evaluation.samples, forKey: .samples)
            try container.encodeIfPresent(evaluation.accuracy, forKey: .accuracy)
            try container.encodeIfPresent(evaluation.loss, forKey: .loss)
            try container.encodeIfPresent(evaluation.confusion, forKey: .confusion)
            try container.encodeIfPresent(evaluation.meanAbsoluteError, forKey: .mae)
            try container.encodeIfPresent(evaluation.rootMeanSquaredError, forKey: .rmse)
            try container.encodeIfPresent(evaluation.r2, forKey: .r2)
            try container.encode(samples_per_second, forKey: .samples_per_second)
        }
    }

    func run() throws {
        let model = try ModelFile(model)
        let dataset = try options.load(data, split)
        let progress = Progress("evaluating", total: dataset.count, unit: "samples")
        let start = ContinuousClock.now
        let (kind, evaluation) =
            switch model {
            case .float(let float): ("float", try float.evaluate(on: dataset, threads: threads.threads))
            case .int8(let file, let bytes):
                (
                    "int8",
                    try evaluateInt8(
                        file.program, bytes, on: dataset, threads: threads.threads, progress: { progress.update($0) })
                )
            }
        progress.finish()
        let rate = Double(dataset.count) / (ContinuousClock.now - start).seconds
        guard !json.isOn else {
            return try Console.emit(Result(kind: kind, evaluation: evaluation, samples_per_second: rate))
        }
        Console.print(
            "\(evaluation.sentence) on \(grouped(dataset.count)) \(split.rawValue) samples of \(dataset.name)")
        if let confusion = evaluation.confusion, let classes = dataset.classNames, confusion.count <= 20 {
            Console.print("")
            Self.table(confusion, classes).forEach(Console.print)
        }
    }

    /// Rows are what samples are, columns what the model answered.
    private static func table(_ confusion: [[Int]], _ classes: [String]) -> [String] {
        var table = Table(["is \\ answered"] + classes, rightAligned: Set(1...classes.count))
        for (name, row) in zip(classes, confusion) { table.add([name] + row.map { $0 == 0 ? "." : String($0) }) }
        return table.lines
    }
}
