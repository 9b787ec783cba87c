// SPDX-License-Identifier: Apache-2.0
// nnq inspect: what is in a model file.

import ArgumentParser
import Foundation
import NNQFormat
import NNQGraph

struct InspectVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show the layers or ops of a model file, their shapes, sizes and work.",
        discussion: "Example: nnq inspect lenet5.nnq")

    @Argument(help: "A .nnq or .safetensors file.") var model: String
    @OptionGroup var json: JSONOption

    func run() throws {
        switch try ModelFile(model) {
        case .float(let float): try show(FloatListing(float))
        case .int8(let file, let bytes): try show(ProgramListing(file, fileBytes: bytes.count))
        }
    }

    private func show(_ listing: some Listing) throws {
        guard !json.isOn else { return try Console.emit(listing) }
        listing.lines.forEach(Console.print)
    }
}

/// What `inspect` shows, for people and for programs.
protocol Listing: Encodable {
    var lines: [String] { get }
}

/// A float model's layers.
struct FloatListing: Listing {
    struct Layer: Encodable {
        let name: String
        let kind: String
        let shape: [Int]
        let inputs: [String]
        let parameters: Int
        let macs: Int
    }

    let kind = "float"
    let task: String
    let classes: [String]
    let layers: [Layer]
    let parameters: Int
    let macs: Int
    let notes: [String: String]
    /// Of training, where it is known.
    let history: [TrainedEpoch]?

    init(_ model: Model) throws {
        let graph = model.graph
        let shapes = try graph.shapes()
        let work = try graph.macs()
        layers = graph.nodes.indices.map { index in
            let node = graph.nodes[index]
            let specs = node.layer.parameters(inputs: node.inputs.map { shapes[$0] })
            return Layer(
                name: node.name, kind: node.layer.keyword, shape: shapes[index].dimensions,
                inputs: node.inputs.map { graph.nodes[$0].name },
                parameters: specs.reduce(0) { $0 + ($1.isTrainable ? $1.shape.reduce(1, *) : 0) }, macs: work[index])
        }
        task = model.metadata.task.rawValue
        classes = model.metadata.classes
        parameters = model.parameterCount
        macs = work.reduce(0, +)
        notes = model.metadata.notes
        history = model.metadata.history
    }

    private var training: [String] {
        guard let history, let first = history.first, let last = history.last else { return [] }
        return [String(format: "trained for %d epochs, loss %.4f to %.4f", history.count, first.loss, last.loss)]
    }

    var lines: [String] {
        var table = Table(["layer", "kind", "output", "parameters", "MACs", "reads"], rightAligned: [3, 4])
        for layer in layers {
            table.add([
                layer.name, layer.kind, Shape(layer.shape).description,
                layer.parameters > 0 ? grouped(layer.parameters) : "",
                layer.macs > 0 ? grouped(layer.macs) : "", layer.inputs.joined(separator: ", "),
            ])
        }
        return table.lines + [
            "", "\(task), \(grouped(parameters)) parameters, \(grouped(macs)) multiply-accumulates a sample",
        ] + training
    }
}

/// An int8 model's ops.
struct ProgramListing: Listing {
    struct Op: Encodable {
        let name: String
        let op: String
        let output: [Int]
        let type: String
        let scale: Float
        let zero_point: Int
        let inputs: [String]
        let constant_bytes: Int
        let macs: Int
    }

    let kind = "int8"
    let file_bytes: Int
    let arena_bytes: Int
    let task: String?
    let classes: [String]?
    let inputs: [String]
    let ops: [Op]
    let macs: Int

    init(_ file: ProgramFile, fileBytes: Int) {
        let program = file.program
        file_bytes = fileBytes
        arena_bytes = file.plan.arenaBytes
        task = program.info.task
        classes = program.info.classes
        inputs = program.tensors[..<program.inputCount].map {
            "\($0.name) \($0.height)x\($0.width)x\($0.channels) \($0.type), \($0.quantization.text)"
        }
        ops = program.operations.indices.map { index in
            let operation = program.operations[index]
            let output = program.tensors[program.inputCount + index]
            return Op(
                name: output.name, op: operation.operation.name,
                output: [output.height, output.width, output.channels], type: "\(output.type)",
                scale: output.quantization.scale, zero_point: Int(output.quantization.zeroPoint),
                inputs: operation.inputs.map { program.tensors[$0].name },
                constant_bytes: operation.operation.constantBytes, macs: program.macs(of: index))
        }
        macs = ops.reduce(0) { $0 + $1.macs }
    }

    var lines: [String] {
        var table = Table(
            ["op", "kind", "output", "type", "scale", "zero", "constants", "MACs", "reads"],
            rightAligned: [4, 5, 6, 7])
        for op in ops {
            table.add([
                op.name, op.op, op.output.map(String.init).joined(separator: "x"), op.type, decimal(op.scale),
                "\(op.zero_point)",
                op.constant_bytes > 0 ? grouped(op.constant_bytes) : "", op.macs > 0 ? grouped(op.macs) : "",
                op.inputs.joined(separator: ", "),
            ])
        }
        let total =
            "\(grouped(file_bytes)) bytes of file, \(grouped(arena_bytes)) of arena, "
            + "\(grouped(macs)) multiply-accumulates an inference"
        return inputs.map { "input \($0)" } + [""] + table.lines + ["", total]
    }
}

extension Quantization {
    fileprivate var text: String { "scale \(decimal(scale)), zero point \(zeroPoint)" }
}

/// Six significant digits.
func decimal(_ value: Float) -> String { String(format: "%.6g", value) }
