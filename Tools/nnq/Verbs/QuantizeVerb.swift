// SPDX-License-Identifier: Apache-2.0
// nnq quantize: from a float model to an int8 model.

import ArgumentParser
import NNQBase
import NNQFormat
import NNQGraph
import NNQQuantize
import NNQReport
import NNQRewrite

struct QuantizeVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quantize", abstract: "Turn a float model into an int8 model for the C runtime.",
        discussion: "Example: nnq quantize lenet5.safetensors --calibrate mnist -o lenet5.nnq")

    @Argument(help: "The float model, .safetensors.") var model: String
    @Option(
        help: """
            Data like what the model will see: a set's name or a path; its training part is used. A model of 'nnq \
            train --qat' has its scales already and needs none.
            """)
    var calibrate: String?
    @Option(name: .shortAndLong, help: "The .nnq file to write. (default: MODEL with .nnq)") var output: String?
    @OptionGroup var methods: MethodOptions
    @OptionGroup var reporting: ReportOptions
    @Option(
        help: "Rewrites to leave out, separated by commas: \(Self.rewriteNames.joined(separator: ", "))."
    )
    var without: String?
    @OptionGroup var options: DataOptions
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var target: TargetOption
    @OptionGroup var json: JSONOption

    private struct Result: Encodable {
        let output: String
        let file_bytes: Int
        let arena_bytes: Int
        let arena_lower_bound: Int
        let arena_is_optimal: Bool
        let operations: Int
        let calibration_samples: Int
        let report: QuantizationReport
        let program_rewrites: ProgramRewriteReport
        /// With --report.
        let figures: QuantizationFigures?
    }

    /// Rewrites of the float model and of the int8 program; a name of both stands for both.
    private static let rewriteNames: [String] = {
        let names = Rewrite.allCases.map(\.rawValue)
        return names + ProgramRewrite.allCases.map(\.rawValue).filter { !names.contains($0) }
    }()

    func validate() throws { _ = try namesLeftOut() }

    func run() throws {
        let float = try Model(contentsOf: model)
        let output = output ?? model.replacingExtension("nnq")
        try requireWritable(output)
        if let path = reporting.report { try requireWritable(path) }
        let testSet = try reporting.testSet(calibratedOn: calibrate, options)
        let count = options.samples ?? QuantizationOptions().calibrationSamples
        let quantizer = Quantizer(
            try methods.options(rewrites: try chosen(Rewrite.self), calibrationSamples: count))
        let quantized = try quantize(float, quantizer, count)
        let (program, saved) = try quantized.program.rewritten(try chosen(ProgramRewrite.self))
        let whole = try ProgramFile(program)
        let file = target.pack(quantized.report.options.weightBits.hasFour ? whole.packedInt4() : whole)
        let bytes = try file.encoded()
        try WholeFile.write(bytes, to: output)
        let figures = try testSet.map {
            try reporting.write(quantized, file, bytes.count, $0, model: model, threads: threads.threads)
        }
        try report(quantized, saved, file, bytes.count, output, figures)
    }

    private func quantize(_ model: Model, _ quantizer: Quantizer, _ samples: Int) throws -> Quantized {
        if model.metadata.fakeQuantization != nil { return try quantizer.quantize(trained: model) }
        guard let calibrate else {
            throw ValidationError("--calibrate is missing: name data like what the model will see")
        }
        let dataset = try options.load(calibrate, .train, generating: samples)
        let source = DatasetSource(dataset, threads: threads.threads)
        var progress: (stage: Quantizer.Stage, bar: Progress)?
        let quantized = try quantizer.quantize(model, calibration: source) { stage, done, total in
            if progress?.stage != stage {
                progress?.bar.finish()
                let unit = stage == .calibrating ? "samples" : "layers"
                progress = (stage, Progress(stage.rawValue, total: total, unit: unit))
            }
            progress!.bar.update(done)
        }
        progress?.bar.finish()
        return quantized
    }

    private func namesLeftOut() throws -> Set<String> {
        let names = without?.split(separator: ",").map(String.init) ?? []
        for name in names where !Self.rewriteNames.contains(name) {
            throw ValidationError("'\(name)' is none of \(Self.rewriteNames.joined(separator: ", "))")
        }
        return Set(names)
    }

    private func chosen<Kind: CaseIterable & RawRepresentable<String> & Hashable>(_: Kind.Type) throws -> Set<Kind> {
        let leftOut = try namesLeftOut()
        return Set(Kind.allCases.filter { !leftOut.contains($0.rawValue) })
    }

    private func report(
        _ quantized: Quantized, _ saved: ProgramRewriteReport, _ file: ProgramFile, _ size: Int, _ output: String,
        _ figures: QuantizationFigures?
    ) throws {
        let plan = file.plan
        guard !json.isOn else {
            return try Console.emit(
                Result(
                    output: output, file_bytes: size, arena_bytes: plan.arenaBytes, arena_lower_bound: plan.lowerBound,
                    arena_is_optimal: plan.isProvenOptimal, operations: file.program.operations.count,
                    calibration_samples: quantized.report.calibrationSamples, report: quantized.report,
                    program_rewrites: saved, figures: figures))
        }
        for rewrite in Rewrite.allCases where quantized.report.rewrites.count(rewrite) > 0 {
            Console.say("\(rewrite.rawValue): \(quantized.report.rewrites.count(rewrite))")
        }
        quantized.report.lines.forEach(Console.say)
        saved.lines.forEach(Console.say)
        for adjustment in quantized.report.adjustments { Console.say("\(adjustment)") }
        let bound = plan.isProvenOptimal ? "the least possible" : "at least \(grouped(plan.lowerBound)) are needed"
        Console.print(
            "\(output): \(file.program.operations.count) ops, \(grouped(size)) bytes; "
                + "arena \(grouped(plan.arenaBytes)) bytes, \(bound)"
        )
        if let figures, let path = reporting.report {
            figures.essence.forEach(Console.print)
            Console.print("\(path): the report")
        }
    }
}

extension String {
    /// `a/b.c` with another extension.
    func replacingExtension(_ new: String) -> String {
        let name = split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return "\(self).\(new)" }
        return "\(self[..<dot]).\(new)"
    }
}
