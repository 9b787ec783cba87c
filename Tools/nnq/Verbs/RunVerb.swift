// SPDX-License-Identifier: Apache-2.0
// nnq run: one inference on the C runtime.

import ArgumentParser
import Foundation
import NNQBase
import NNQFormat
import NNQQuantize
import NNQRuntime

struct RunVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run an int8 model on one input.",
        discussion: """
            Example: nnq run lenet5.nnq digit.png

            The input is a picture (.png, .jpg), numbers in the raw input's units (.npy, .csv), or the input tensor
            itself, raw int8 NHWC (.bin).
            """)

    @Argument(help: "The .nnq file.") var model: String
    @Argument(help: "The input: .png, .jpg, .npy, .csv or .bin.") var input: String
    @Option(name: .shortAndLong, help: "Write the output tensor here, raw int8.") var output: String?
    @Flag(help: "Also show a hash of every op's output (FNV-1a, 32 bits).") var layers = false
    @OptionGroup var json: JSONOption

    private struct Result: Encodable {
        struct Layer: Encodable {
            let op: Int
            let name: String
            let output_fnv1a: String
        }
        let output: [Float]
        let output_int8: [Int]
        let output_fnv1a: String
        let `class`: Int?
        let class_name: String?
        let layers: [Layer]?
    }

    func run() throws {
        guard case .int8(let file, let bytes) = try ModelFile(model) else {
            throw ValidationError("\(model) is a float model: 'nnq quantize' makes the int8 model that runs")
        }
        let program = file.program
        guard program.inputCount == 1 else {
            throw FileError("\(model) has \(program.inputCount) inputs; 'nnq run' feeds models with one")
        }
        let values = try InputFile(input).int8(for: program)
        var runner = try RuntimeRunner(bytes)
        let wanted = layers ? Array(program.inputCount..<program.tensors.count) : []
        let tensors = try runner.run([values], reading: wanted + [program.outputs[0]])
        let answer = tensors[tensors.count - 1]
        if let output { try WholeFile.write(answer.map { UInt8(bitPattern: $0) }, to: output) }
        try show(program, answer, wanted.isEmpty ? nil : Array(zip(wanted, tensors)))
    }

    private func show(_ program: Program, _ answer: [Int8], _ layers: [(Int, [Int8])]?) throws {
        let quantization = program.tensors[program.outputs[0]].quantization
        let real = answer.map { quantization.dequantize($0) }
        let best = program.info.task == "classification" ? real.indices.max { real[$0] < real[$1] } : nil
        let name = best.flatMap { best in program.info.classes.flatMap { $0.indices.contains(best) ? $0[best] : nil } }
        let hashes = layers?.map { index, values in
            Result.Layer(op: index - program.inputCount, name: program.tensors[index].name, output_fnv1a: fnv1a(values))
        }
        guard !json.isOn else {
            return try Console.emit(
                Result(
                    output: real, output_int8: answer.map(Int.init), output_fnv1a: fnv1a(answer), class: best,
                    class_name: name, layers: hashes))
        }
        hashes?.forEach { Console.print("\($0.output_fnv1a)  \($0.op)  \($0.name)") }
        if let best {
            Console.print("\(name ?? "class \(best)")  \(percent(Double(real[best])))")
        } else {
            let names = program.info.classes ?? []
            for (index, value) in real.enumerated() {
                Console.print("\(names.indices.contains(index) ? "\(names[index])  " : "")\(decimal(value))")
            }
        }
    }
}

/// The 32-bit hash of Fowler, Noll and Vo, variant 1a, as 8 hexadecimal digits.
func fnv1a(_ values: [Int8]) -> String {
    let hash = values.reduce(UInt32(0x811C_9DC5)) { ($0 ^ UInt32(UInt8(bitPattern: $1))) &* 0x0100_0193 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
}
