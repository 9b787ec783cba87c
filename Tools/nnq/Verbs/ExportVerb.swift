// SPDX-License-Identifier: Apache-2.0
// nnq export: a float model for other toolkits.

import ArgumentParser
import NNQBase
import NNQGraph
import NNQImport

struct ExportVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a float model as .onnx, for other toolkits.",
        discussion: "Example: nnq export resnet8.safetensors -o resnet8.onnx")

    @Argument(help: "The .safetensors file.") var model: String
    @Option(name: .shortAndLong, help: "The .onnx file to write. (default: MODEL with .onnx)") var output: String?
    @OptionGroup var json: JSONOption

    private struct Result: Encodable {
        let output: String
        let file_bytes: Int
        let parameters: Int
    }

    func run() throws {
        guard case .float(let float) = try ModelFile(model) else {
            throw FileError("\(model) is an int8 model, and 'nnq export' writes float models: give the .safetensors file")
        }
        let output = output ?? model.replacingExtension("onnx")
        let bytes: [UInt8]
        do { bytes = try ONNXExporter.encode(float) } catch let error as ImportError {
            throw FileError("\(model) cannot be exported: \(error.description)")
        }
        try WholeFile.write(bytes, to: output)
        let result = Result(output: output, file_bytes: bytes.count, parameters: float.parameterCount)
        guard !json.isOn else { return try Console.emit(result) }
        Console.print("\(output): \(grouped(result.parameters)) parameters, \(grouped(bytes.count)) bytes")
    }
}
