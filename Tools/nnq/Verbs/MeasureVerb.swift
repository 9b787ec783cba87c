// SPDX-License-Identifier: Apache-2.0
// nnq measure: what a model costs on a core, counted in an emulator.

import ArgumentParser
import NNQFormat
import NNQTargets

struct MeasureVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure", abstract: "Count what an int8 model costs on a microcontroller's core.",
        discussion: """
            Example: nnq measure lenet5.nnq --target cortex-m4

            Builds the model for the core, runs it once in an emulator (QEMU), and counts instructions, loads and stores \
            exactly, layer by layer; cycles are estimated from the core's timing table, for memory without wait states. \
            The output is compared with this machine's. The core's compiler and QEMU have to be installed.
            """)

    @Argument(help: "The model: .nnq, or int8 .tflite or .onnx, which is imported on the way.") var model: String
    @Option(help: "The core: \(MeasureVerb.cores).") var target: String
    @Option(help: "How the model runs: interpreter (the .nnq file) or compiled ('nnq compile').") var mode =
        ExecutionMode.interpreter
    @Option(
        help: ArgumentHelp(
            "An input, as for 'nnq run'; once for each input. (default: byte i is (31 i + 7) mod 256 - 128)",
            valueName: "file"))
    var input: [String] = []
    @Flag(inversion: .prefixedNo, help: "Lay out weights for the core's kernels, where the file is not packed yet.")
    var pack = true
    @OptionGroup var goal: PackingGoalOption
    @OptionGroup var json: JSONOption

    private static let cores = Board.all.map(\.core.rawValue).joined(separator: ", ")

    func validate() throws {
        if goal.packFor == .size, mode == .compiled || !pack {
            throw ValidationError(
                "--pack-for size is for models that are packed for the interpreter: leave out --mode and --no-pack")
        }
    }

    func run() throws {
        guard let core = TargetCore(rawValue: target), Board(core) != nil else {
            throw TargetError("'\(target)' is no target to measure on; targets are \(Self.cores)")
        }
        let file = try Int8ModelFile.read(model)
        let measurer = try Measurer(core, mode: mode, packs: pack, goal: goal.packFor)
        let measurement = try measurer.measure(file, inputs: try inputs(file.program))
        let report = MeasureReport(measurement)
        guard !json.isOn else { return try Console.emit(report) }
        report.lines(measurement).forEach(Console.print)
    }

    private func inputs(_ program: Program) throws -> [[Int8]]? {
        if input.isEmpty { return nil }
        let count = program.inputCount - program.stateCount
        guard input.count == count else {
            throw TargetError(
                "\(model) has \(count == 1 ? "one input" : "\(count) inputs"), and \(input.count) were given")
        }
        return try input.indices.map { try InputFile(input[$0]).bytes(for: program, input: $0) }
    }
}

extension ExecutionMode: ExpressibleByArgument {}
