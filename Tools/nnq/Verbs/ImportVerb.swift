// SPDX-License-Identifier: Apache-2.0
// nnq import: a model of another toolkit becomes one of nnq's.

import ArgumentParser
import NNQBase
import NNQFormat
import NNQGraph
import NNQImport
import NNQRewrite

struct ImportVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring in a .tflite or .onnx model.",
        discussion: """
            Example: nnq import vww_96_int8.tflite -o vww.nnq

            An int8 model becomes a .nnq file, ready to run; from TensorFlow Lite it keeps the bits of TensorFlow Lite \
            Micro. A float model becomes .safetensors, for 'nnq quantize', 'nnq eval' and 'nnq train --from'. What the \
            raw input is (--mean, --std) matters to verbs that read data sets, not to the arithmetic.
            """)

    @Argument(help: "The .tflite or .onnx file.") var model: String
    @Option(name: .shortAndLong, help: "The file to write. (default: MODEL with .nnq or .safetensors)") var output:
        String?
    @Option(help: "Names of tensors to keep in a .nnq file: ends (those of inputs and outputs), all or none.") var names:
        NamesKept = .ends
    @Option(help: "Rewrites of int8 models to leave out, separated by commas: \(programRewriteNames); or all.")
    var without: String?
    @OptionGroup var meaning: MeaningOptions
    @OptionGroup var target: TargetOption
    @OptionGroup var json: JSONOption

    func validate() throws { _ = try rewrites() }

    func run() throws {
        let bytes = try WholeFile.read(model)
        let imported: Imported
        do { imported = try read(bytes) } catch let error as ImportError {
            throw FileError("\(model) cannot be imported: \(error.description)")
        }
        switch imported {
        case .float(let float): try write(float)
        case .int8(let program): try write(program)
        }
    }

    private func read(_ bytes: [UInt8]) throws -> Imported {
        if TFLiteImporter.recognizes(bytes) || model.lowercased().hasSuffix(".tflite") {
            return try TFLiteImporter.read(bytes: bytes)
        }
        guard model.lowercased().hasSuffix(".onnx") else {
            throw FileError("\(model) is neither .tflite nor .onnx: export the model as one of them")
        }
        return try ONNXImporter.read(bytes: bytes)
    }

    private func write(_ float: Model) throws {
        let output = output ?? model.replacingExtension("safetensors")
        guard !output.hasSuffix(".nnq") else {
            throw FileError(
                "\(model) is a float model: import it to a .safetensors file, then 'nnq quantize' makes the .nnq file")
        }
        var float = float
        try meaning.describe(&float.metadata, channels: float.inputChannels)
        try float.write(to: output)
        try FloatImportReport(float, output).show(json)
    }

    private func write(_ program: Program) throws {
        let output = output ?? model.replacingExtension("nnq")
        guard !output.hasSuffix(".safetensors") else {
            throw FileError("\(model) is an int8 model: import it to a .nnq file")
        }
        var (program, report) = try program.rewritten(try rewrites())
        try meaning.describe(&program.info, channels: program.tensors[0].channels)
        let file = target.pack(try ProgramFile(program))
        let bytes = try file.encoded(names: names)
        try WholeFile.write(bytes, to: output)
        try Int8ImportReport(program, file, bytes.count, report, output).show(json)
    }

    private func rewrites() throws -> Set<ProgramRewrite> {
        guard let without else { return Set(ProgramRewrite.allCases) }
        if without == "all" { return [] }
        var rewrites = Set(ProgramRewrite.allCases)
        for name in without.split(separator: ",").map(String.init) {
            guard let rewrite = ProgramRewrite(rawValue: name) else {
                throw ValidationError("'\(name)' is none of \(programRewriteNames), all")
            }
            rewrites.remove(rewrite)
        }
        return rewrites
    }
}

let programRewriteNames = ProgramRewrite.allCases.map(\.rawValue).joined(separator: ", ")

extension NamesKept: ExpressibleByArgument {}

extension Model {
    /// Channels of the first input.
    fileprivate var inputChannels: Int {
        guard let first = graph.inputs.first, case .input(let shape) = graph.nodes[first].layer else { return 1 }
        return shape.channels
    }
}
