// SPDX-License-Identifier: Apache-2.0
// nnq tune: looks for the methods and widths that keep a model within limits.

import ArgumentParser
import Foundation
import NNQBase
import NNQData
import NNQFormat
import NNQGraph
import NNQRecipes
import NNQTargets
import NNQTrain
import NNQTune

struct TuneVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune", abstract: "Search methods and widths of int8 under limits of accuracy, RAM and flash.",
        discussion: """
            Example: nnq tune resnet8.safetensors --data cifar-10 --max-drop 0.1 --ram 64K --flash 64K -o resnet8.nnq

            Tries the defaults, then methods, then activations of 16 bits in as few layers as can be, then weights of \
            4 bits, then training for int8, says why, and ends as soon as the limits are met. Prints what no other \
            model beats in accuracy and cost, draws it, and writes the one that it chose: of those within the limits \
            the most exact, or the cheapest that samples cannot tell from it.

            What was tried is kept in OUTPUT.tune.json: after Ctrl-C the same call goes on from there, and a call with \
            other limits starts with what is known.
            """)

    @Argument(help: "The float model, .safetensors.") var model: String
    @Option(
        help: """
            A data set's name or a path. Its training part calibrates and trains; a part of its test part is what the \
            search looks at, and the rest checks what it found.
            """)
    var data: String
    @Option(name: .shortAndLong, help: "The .nnq file to write. (default: MODEL with .nnq)") var output: String?
    @Option(help: "Points of accuracy that may be lost, 0.1 for example; of regression, percent of the RMSE.")
    var maxDrop: Double?
    @Option(help: ArgumentHelp("RAM at most: 32K, for example.", valueName: "bytes")) var ram: ByteCount?
    @Option(help: ArgumentHelp("Flash at most: 128K, for example.", valueName: "bytes")) var flash: ByteCount?
    @Option(help: ArgumentHelp("Instructions of an inference at most, 2.5M for example. Needs --target.", valueName: "n"))
    var instructions: Amount?
    @OptionGroup var target: TargetOption
    @Option(help: "The recipe whose settings train for int8 where that is needed. (default: the model's own)")
    var recipe: String?
    @Option(help: "Epochs of training for int8; 0 for none. (default: a fifth of the recipe's)") var epochs: Int?
    @Option(help: "Test samples that the search looks at; at most half of them are used.") var searchSamples = 2000
    @Flag(help: "Try all steps, also where the limits are met already.") var thorough = false
    @Option(help: "The picture of costs and drops to write. (default: OUTPUT with .svg)") var picture: String?
    @OptionGroup var options: DataOptions
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var json: JSONOption

    func validate() throws {
        if instructions != nil, target.target == .portable {
            throw ValidationError("--instructions are counted on a core: name it with --target")
        }
        if searchSamples < 1 { throw ValidationError("--search-samples is \(searchSamples); at least 1 is needed") }
        if let epochs, epochs < 0 { throw ValidationError("--epochs is \(epochs); use 0 for no training") }
        if let maxDrop, !maxDrop.isFinite { throw ValidationError("--max-drop is a number of points, 0.1 for example") }
    }

    func run() throws {
        let float = try Model(contentsOf: model)
        guard float.metadata.fakeQuantization == nil else {
            throw ValidationError("\(model) was trained for int8 already: tune the float model, or use nnq quantize")
        }
        let output = output ?? model.replacingExtension("nnq")
        let picture = picture ?? output.replacingExtension("svg")
        for path in [output, picture] { try requireWritable(path) }
        let training = try settings(float)
        Interrupt.watch()
        let report = TuneReport(
            limits: limits, output: output, picture: picture, isMeasured: isMeasured,
            isRegression: float.metadata.task == .regression)
        let bench = try workbench(float, training, record: output.replacingExtension("tune.json"))
        let tuner = Tuner(limits, epochs: training?.epochs, isThorough: thorough)
        Console.say(
            "searching on \(grouped(bench.searchSamples)) test samples of \(data), "
                + "checking on \(grouped(bench.checkSamples))")
        var outcomes: [Outcome] = []
        do {
            outcomes = try tuner.search(bench, tell: report.tell)
            let ends = outcomes.front + (tuner.choice(of: outcomes).map { [$0] } ?? [])
            for outcome in ends {
                let place = outcomes.firstIndex(of: outcome)
                if let place { outcomes[place] = try bench.checked(outcome) }
            }
        } catch is TuneStopped {
            throw Interrupted(description: "Stopped. The same call goes on from \(output.replacingExtension("tune.json"))")
        }
        let choice = tuner.choice(of: outcomes)
        if let choice { try WholeFile.write(try target.pack(bench.made(choice.candidate).file).encoded(), to: output) }
        try report.end(outcomes, choice, title: "\((model as NSString).lastPathComponent) on \(data)", json: json.isOn)
        if choice == nil { throw TuneFailed(report.shortfall(outcomes)) }
    }

    private var limits: Limits {
        Limits(drop: maxDrop, ram: ram?.bytes, flash: flash?.bytes, instructions: instructions?.count)
    }

    private var isMeasured: Bool { target.target != .portable }

    /// Of training for int8; nil where there is to be none, or no recipe tells how.
    private func settings(_ float: Model) throws -> TrainingOptions? {
        if epochs == 0 { return nil }
        let own = float.metadata.notes["recipe"].flatMap { RecipeBook.names.contains($0) ? $0 : nil }
        guard let name = recipe ?? own else {
            guard epochs == nil else { throw ValidationError("--epochs needs a recipe's settings: add --recipe") }
            return nil
        }
        var settings = try RecipeBook.recipe(name).training.forInt8
        settings.epochs = epochs ?? settings.epochs
        settings.threads = threads.threads
        return settings
    }

    private func workbench(_ float: Model, _ training: TrainingOptions?, record path: String) throws -> Workbench {
        let test = try options.load(data, .test)
        let samples = Workbench.Data(
            training: try options.load(data, .train), test: test, searchSamples: searchSamples)
        guard test.count >= 2 else { throw ValidationError("\(data) has one test sample; at least 2 are needed") }
        var hash = SHA256()
        hash.update(try float.safeTensors().bytes())
        let subject = [
            hash.hexDigest(), data, "\(samples.training.count)", "\(test.count)", "\(searchSamples)",
            options.column ?? "", target.target.rawValue, target.goal.packFor.rawValue, recipe ?? "",
        ].joined(separator: " ")
        let bars = TuneProgress()
        return try Workbench(
            float, samples, training: training ?? TrainingOptions(), record: TuneRecord(path, subject: subject),
            threads: threads.threads, cost: cost
        ) { stage, done, total in
            if Interrupt.isRequested { throw TuneStopped() }
            bars.update(stage, done, total)
        }
    }

    /// Of a portable file what it says itself; of a core what the emulator counts.
    private func cost(_ file: ProgramFile) throws -> Cost {
        guard isMeasured else { return Cost(ram: file.plan.arenaBytes, flash: try file.encoded().count) }
        let measured = try Measurer(target.target, goal: target.goal.packFor).measure(file)
        return Cost(
            ram: measured.ramBytes, flash: measured.codeBytes + measured.modelBytes,
            instructions: measured.counts.instructions)
    }
}

/// No model is within the limits.
struct TuneFailed: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// One bar at a time.
private final class TuneProgress {
    private var shown: (stage: Workbench.Stage, bar: Progress)?

    func update(_ stage: Workbench.Stage, _ done: Int, _ total: Int) {
        if shown?.stage != stage {
            shown?.bar.finish()
            shown = (stage, Progress(stage.title, total: total, unit: stage.unit))
        }
        shown!.bar.update(done)
    }

    deinit { shown?.bar.finish() }
}

extension Workbench.Stage {
    fileprivate var title: String {
        switch self {
        case .making(let name), .training(let name): name
        }
    }

    fileprivate var unit: String { if case .training = self { "steps" } else { "models" } }
}
