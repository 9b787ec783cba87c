// SPDX-License-Identifier: Apache-2.0
// nnq firmware: a project that runs a model on an emulated board.

import ArgumentParser
import NNQBase
import NNQFormat
import NNQTargets

struct FirmwareVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "firmware", abstract: "Write a project that runs an int8 model on a microcontroller board.",
        discussion: """
            Example: nnq firmware lenet5.nnq --board mps2-an386 -o app/

            The project holds the model as C ('nnq compile'), startup, linker script, Makefile, main.c and a README; \
            'make run' in it builds the firmware and starts it in QEMU.
            """)

    @Argument(help: "The model: .nnq, or int8 .tflite or .onnx, which is imported on the way.") var model: String
    @Option(help: "The board, by QEMU's name: \(Board.names).") var board: String
    @Option(help: "The core, where a board runs code of several: \(TargetCore.names).") var target: TargetCore?
    @Option(name: .shortAndLong, help: "The folder to write to; made where there is none.") var output: String
    @Option(help: "What the model's C names begin with; by default made from the file's name.") var name: String?
    @Option(
        help: """
            What the firmware runs the model on, as 'nnq run' takes it; repeat it where the model has several inputs. By \
            default a pattern: byte i is (31 i + 7) mod 256 - 128.
            """) var input: [String] = []
    @OptionGroup var json: JSONOption

    private func chosenBoard() throws -> Board {
        do { return try Board(machine: board, core: target) } catch let error as TargetError {
            throw ValidationError(error.description)
        }
    }

    private struct Result: Encodable {
        let name: String
        let board: String
        let target: String
        let files: [String]
        let arena_bytes: Int
        let model_bytes: Int
    }

    func run() throws {
        let board = try chosenBoard()
        let file = try Int8ModelFile.read(model)
        let inputs = try InputFile.values(of: input, for: file.program, named: model)
        let project = try FirmwareProject(
            file, board: board, name: name ?? CompiledModel.name(forFile: model), inputs: inputs)
        let files = try project.write(to: output)
        if json.isOn {
            return try Console.emit(
                Result(
                    name: project.model.name, board: board.machine, target: board.core.rawValue, files: files,
                    arena_bytes: project.model.arenaBytes, model_bytes: project.model.constantBytes))
        }
        files.forEach(Console.print)
        Console.say("'make run' in \(output) builds it and starts it in QEMU; README.md there says more")
    }
}

extension Board {
    fileprivate static var names: String {
        var names: [String] = []
        for board in all where !names.contains(board.machine) { names.append(board.machine) }
        return names.joined(separator: ", ")
    }
}
