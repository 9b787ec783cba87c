// SPDX-License-Identifier: Apache-2.0
// What `nnq run` shows: outputs, the class, hashes of layers.

import Foundation
import NNQFormat
import NNQGraph

struct RunResult: Encodable {
    struct Layer: Encodable {
        let op: Int
        let name: String
        let kind: String
        let output_fnv1a: String
    }

    struct Output: Encodable {
        let name: String
        let shape: [Int]
        let values: [Float]
    }

    /// The first output.
    let output: [Float]
    var output_int8: [Int]?
    var output_fnv1a: String?
    let `class`: Int?
    let class_name: String?
    var layers: [Layer]?
    /// All outputs, where there are several.
    let outputs: [Output]?
    private let classes: [String]

    enum CodingKeys: String, CodingKey {
        case output, output_int8, output_fnv1a, `class`, class_name, layers, outputs
    }

    /// - Parameters:
    ///   - answers: the bytes of each output.
    ///   - layers: tensors by index, with their bytes.
    init(_ program: Program, _ answers: [[Int8]], _ layers: [(Int, [Int8])]?) {
        let outputs = zip(program.outputs.map { program.tensors[$0] }, answers).map { tensor, bytes in
            Output(
                name: tensor.name, shape: [tensor.height, tensor.width, tensor.channels], values: tensor.real(bytes))
        }
        self.init(outputs, task: program.info.task, classes: program.info.classes ?? [])
        output_int8 = program.tensors[program.outputs[0]].type == .int8 ? answers[0].map(Int.init) : nil
        output_fnv1a = fnv1a(answers[0])
        self.layers = layers?.map { index, values in
            let op = index - program.inputCount
            return Layer(
                op: op, name: program.tensors[index].name, kind: program.operations[op].operation.name,
                output_fnv1a: fnv1a(values))
        }
    }

    init(_ model: Model, _ answers: [[Float]]) throws {
        let shapes = try model.graph.shapes()
        let outputs = zip(model.graph.outputs, answers).map {
            Output(name: model.graph.nodes[$0].name, shape: shapes[$0].dimensions, values: $1)
        }
        self.init(outputs, task: model.metadata.task.rawValue, classes: model.metadata.classes)
    }

    private init(_ outputs: [Output], task: String?, classes: [String]) {
        let first = outputs[0].values
        let best = task == Task.classification.rawValue ? first.indices.max { first[$0] < first[$1] } : nil
        output = first
        `class` = best
        class_name = best.flatMap { classes.indices.contains($0) ? classes[$0] : nil }
        self.classes = classes
        self.outputs = outputs.count > 1 ? outputs : nil
    }

    func show(_ json: JSONOption) throws {
        guard !json.isOn else { return try Console.emit(self) }
        layers?.forEach { Console.print("\($0.output_fnv1a)  \($0.op)  \($0.name.isEmpty ? $0.kind : $0.name)") }
        if let best = `class` {
            // Without a softmax at the end the outputs are no probabilities.
            let isShare = output.allSatisfy { (0...1).contains($0) }
            Console.print(
                "\(class_name ?? "class \(best)")  \(isShare ? percent(Double(output[best])) : decimal(output[best]))")
        } else if let outputs {
            for output in outputs {
                Console.print("\(output.name)  \(output.values.map(decimal).joined(separator: " "))")
            }
        } else {
            for (index, value) in output.enumerated() {
                Console.print("\(classes.indices.contains(index) ? "\(classes[index])  " : "")\(decimal(value))")
            }
        }
    }
}

extension ProgramTensor {
    /// What a tensor's bytes stand for.
    fileprivate func real(_ bytes: [Int8]) -> [Float] {
        bytes.withUnsafeBytes { raw in
            switch type {
            case .int8: bytes.map { quantization.dequantize($0) }
            case .int16:
                (0..<count).map {
                    quantization.scale * Float(raw.loadUnaligned(fromByteOffset: 2 * $0, as: Int16.self))
                }
            case .int32:
                (0..<count).map {
                    quantization.scale * Float(raw.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self))
                }
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
