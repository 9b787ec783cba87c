// SPDX-License-Identifier: Apache-2.0
// nnq compare: a float model and its int8 model side by side on a whole data set.

import ArgumentParser
import Foundation
import NNQData
import NNQFormat
import NNQGraph
import NNQQuantize

struct CompareVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare a float model with its int8 model: accuracy, agreement, error by layer.",
        discussion: """
            Example: nnq compare lenet5.safetensors lenet5.nnq --data mnist

            A model of 'nnq train --qat' computes with its rounding: the comparison shows what integers change of what \
            was trained. Compare with the model that training started from to see what int8 changes of that.
            """)

    @Argument(help: "The float model, .safetensors.") var float: String
    @Argument(help: "The int8 model made from it, .nnq.") var int8: String
    @Option(help: "A data set's name or a path; its test part is used.") var data: String
    @OptionGroup var options: DataOptions
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var json: JSONOption

    func run() throws {
        guard case .float(let model) = try ModelFile(float) else {
            throw ValidationError("\(float) is an int8 model: the float model comes first")
        }
        guard case .int8(let file, let bytes) = try ModelFile(int8) else {
            throw ValidationError("\(int8) is a float model: the int8 model comes second")
        }
        let dataset = try options.load(data, .test)
        let (folded, nodeOfTensor) = try file.program.floatCounterpart(of: model)
        let progress = Progress("comparing", total: dataset.count, unit: "samples")
        var runner = try RuntimeRunner(bytes)
        let comparison = try NNQQuantize.compare(
            folded, file.program, nodeOfTensor: nodeOfTensor, runner: &runner,
            source: DatasetSource(dataset, threads: threads.threads)
        ) { done, _ in progress.update(done) }
        progress.finish()
        if json.isOn { return try Console.emit(comparison) }
        try show(comparison, bytes, file, dataset, isRounded: folded.metadata.fakeQuantization != nil)
    }

    private func show(
        _ comparison: Comparison, _ bytes: [UInt8], _ file: ProgramFile, _ dataset: any Dataset, isRounded: Bool
    ) throws {
        var table = Table(["layer", "SQNR dB", "largest error"], rightAligned: [1, 2])
        for layer in comparison.layers {
            table.add([
                layer.name, layer.sqnr.map { String(format: "%.1f", $0) } ?? "exact", decimal(layer.largestError),
            ])
        }
        table.lines.forEach(Console.print)
        if let names = comparison.leftOut {
            Console.print("without \(names.joined(separator: ", ")): channels that nothing needs were removed there")
        }
        let microseconds = try InferenceTime.median(of: file.program, bytes)
        Console.print("")
        var sides = Table(["", isRounded ? "rounded float" : "float", "int8"], rightAligned: [1, 2])
        sides.add([comparison.float.name, comparison.float.text, comparison.int8.text])
        if let agreement = comparison.agreement { sides.add(["agreement", "", percent(agreement)]) }
        sides.add([
            "file, bytes", grouped(try Data(contentsOf: URL(fileURLWithPath: float)).count), grouped(bytes.count),
        ])
        sides.add(["arena, bytes", "", grouped(file.plan.arenaBytes)])
        sides.add(["time, microseconds", "", String(format: "%.1f", microseconds)])
        sides.lines.forEach(Console.print)
        Console.print("")
        Console.print(
            "\(grouped(comparison.samples)) test samples of \(dataset.name); time is the median of one thread's "
                + "portable C on this machine."
        )
    }
}

extension Comparison.Score {
    fileprivate var name: String { accuracy == nil ? "mean squared error" : "accuracy" }

    fileprivate var text: String {
        accuracy.map { percent($0) } ?? squaredError.map { String(format: "%.6f", $0) } ?? ""
    }
}
