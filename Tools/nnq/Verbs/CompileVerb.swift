// SPDX-License-Identifier: Apache-2.0
// nnq compile: one C file for one model.

import ArgumentParser
import Foundation
import NNQBase
import NNQFormat
import NNQTargets

struct CompileVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compile", abstract: "Write an int8 model as a C file with the kernels that it uses.",
        discussion: """
            Example: nnq compile lenet5.nnq --target cortex-m4 -o lenet5/

            Writes NAME.c and NAME.h, which need nothing else: C99, no allocation, one static arena. The header documents \
            the functions: NAME_input, NAME_run, NAME_output, NAME_selftest. The output's bits are those of 'nnq run'.
            """)

    @Argument(help: "The model: .nnq, or int8 .tflite or .onnx, which is imported on the way.") var model: String
    @Option(help: "The core that the C file is for: \(TargetCore.names).") var target: TargetCore = .portable
    @Option(name: .shortAndLong, help: "The folder to write to; made where there is none.") var output: String
    @Option(help: "What C names begin with; by default made from the file's name.") var name: String?
    @Option(
        help: """
            An input of the self-test, as 'nnq run' takes them; repeat it where the model has several. It is stored in the \
            C file. By default the self-test makes a pattern, which takes no flash.
            """) var testInput: [String] = []
    @OptionGroup var json: JSONOption

    private struct Result: Encodable {
        let name: String
        let target: String
        let files: [String]
        let arena_bytes: Int
        let model_bytes: Int
    }

    func run() throws {
        let file = try Int8ModelFile.read(model)
        let compiled = try CompiledModel(
            file, target: target, name: name ?? CompiledModel.name(forFile: model),
            selfTestInputs: try InputFile.values(of: testInput, for: file.program, named: model))
        let files = try compiled.write(to: output)
        if json.isOn {
            return try Console.emit(
                Result(
                    name: compiled.name, target: target.rawValue, files: files, arena_bytes: compiled.arenaBytes,
                    model_bytes: compiled.constantBytes))
        }
        files.forEach(Console.print)
        Console.say(
            "\(grouped(compiled.constantBytes)) bytes of the model's constants, \(grouped(compiled.arenaBytes)) of static RAM"
        )
    }
}
