// SPDX-License-Identifier: Apache-2.0
// nnq run: one inference, of an int8 model on the C runtime or of a float model.

import ArgumentParser
import Foundation
import NNQBase
import NNQData
import NNQFormat
import NNQGraph
import NNQQuantize
import NNQTrain

struct RunVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a model on one input.",
        discussion: """
            Example: nnq run lenet5.nnq digit.png

            An int8 model runs on the C runtime. An input is a picture (.png, .jpg), numbers in the raw input's units \
            (.npy, .csv), or the input tensor itself (.bin: raw int8 or, of a float model, float32; NHWC). A model with \
            several inputs takes them in its order.
            """)

    @Argument(help: "The .nnq or .safetensors file.") var model: String
    @Argument(help: "The inputs: .png, .jpg, .npy, .csv or .bin.") var inputs: [String] = []
    @Flag(help: "Feed an int8 model with a test pattern instead: byte i of an input is (31 i + 7) mod 256 - 128.")
    var pattern = false
    @Option(name: .shortAndLong, help: "Write the (first) output here: raw int8 or float32, or .npy.") var output:
        String?
    @Flag(help: "Also show a hash of every op's output (FNV-1a, 32 bits).") var layers = false
    @OptionGroup var json: JSONOption

    func validate() throws {
        guard pattern != inputs.isEmpty else { return }
        throw ValidationError(
            pattern ? "--pattern takes the place of input files: give one or the other" : "Missing expected input file")
    }

    func run() throws {
        switch try ModelFile(model) {
        case .int8(let file, let bytes): try run(file.program, bytes)
        case .float(let float): try run(float)
        }
    }

    private func run(_ program: Program, _ bytes: [UInt8]) throws {
        let given = program.inputCount - program.stateCount
        try checkCount(given)
        let values = try (0..<given).map { index in
            pattern
                ? Self.pattern(program.tensors[index].byteCount)
                : try InputFile(inputs[index]).bytes(for: program, input: index)
        }
        var runner = try RuntimeRunner(bytes)
        let wanted = layers ? Array(program.inputCount..<program.tensors.count) : []
        let tensors = try runner.run(values, reading: wanted + program.outputs)
        let answers = Array(tensors.dropFirst(wanted.count))
        if let output {
            let tensor = program.tensors[program.outputs[0]]
            let isArray = output.hasSuffix(".npy") && tensor.type == .int8
            let shape = [tensor.height, tensor.width, tensor.channels]
            isArray
                ? try NPYArray(shape: shape, values: .int8(answers[0])).write(to: output)
                : try WholeFile.write(answers[0].map { UInt8(bitPattern: $0) }, to: output)
        }
        try RunResult(program, answers, wanted.isEmpty ? nil : Array(zip(wanted, tensors))).show(json)
    }

    private func run(_ model: Model) throws {
        guard !pattern, !layers else {
            throw FileError("\(self.model) is a float model: --pattern and --layers are about int8 models")
        }
        try checkCount(model.graph.inputs.count)
        let engine = try FloatEngine(model, batch: 1)
        for index in inputs.indices {
            _ = engine.input(index).update(fromContentsOf: try InputFile(inputs[index]).floats(for: model, input: index))
        }
        try engine.forward()
        let answers = model.graph.outputs.indices.map { Array(engine.output($0)) }
        if let output {
            let shape = try model.graph.shapes()[model.graph.outputs[0]].dimensions
            output.hasSuffix(".npy")
                ? try NPYArray(shape: shape, values: .float32(answers[0])).write(to: output)
                : try WholeFile.write(
                    answers[0].flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }, to: output)
        }
        try RunResult(model, answers).show(json)
    }

    private func checkCount(_ count: Int) throws {
        guard !pattern, inputs.count != count else { return }
        throw FileError("\(model) has \(count == 1 ? "one input" : "\(count) inputs"), and \(inputs.count) were given")
    }

    private static func pattern(_ count: Int) -> [Int8] {
        (0..<count).map { Int8(truncatingIfNeeded: ($0 * 31 + 7) & 255 - 128) }
    }
}
