// SPDX-License-Identifier: Apache-2.0
// What `nnq import` says when it is done.

import NNQFormat
import NNQGraph
import NNQRewrite

struct FloatImportReport: Encodable {
    let kind = "float"
    let output: String
    let layers: Int
    let parameters: Int
    let macs: Int

    init(_ model: Model, _ output: String) throws {
        self.output = output
        layers = model.graph.nodes.count
        parameters = model.parameterCount
        macs = try model.graph.macs().reduce(0, +)
    }

    func show(_ json: JSONOption) throws {
        guard !json.isOn else { return try Console.emit(self) }
        Console.print(
            "\(output): \(layers) layers, \(grouped(parameters)) parameters, "
                + "\(grouped(macs)) multiply-accumulates a sample")
    }
}

struct Int8ImportReport: Encodable {
    let kind = "int8"
    let output: String
    let file_bytes: Int
    let weight_and_bias_bytes: Int
    let arena_bytes: Int
    let arena_lower_bound: Int
    let arena_is_optimal: Bool
    let operations: Int
    let macs: Int
    let rewrites: ProgramRewriteReport

    /// - Parameters:
    ///   - program: What was imported, before it was packed for a core.
    ///   - file: What was written.
    init(_ program: Program, _ file: ProgramFile, _ fileBytes: Int, _ report: ProgramRewriteReport, _ output: String) {
        self.output = output
        file_bytes = fileBytes
        weight_and_bias_bytes = program.operations.reduce(0) { $0 + $1.operation.weightAndBiasBytes }
        arena_bytes = file.plan.arenaBytes
        arena_lower_bound = file.plan.lowerBound
        arena_is_optimal = file.plan.isProvenOptimal
        operations = file.program.operations.count
        macs = file.program.operations.indices.reduce(0) { $0 + file.program.macs(of: $1) }
        rewrites = report
    }

    func show(_ json: JSONOption) throws {
        guard !json.isOn else { return try Console.emit(self) }
        rewrites.lines.forEach(Console.say)
        let bound = arena_is_optimal ? "the least possible" : "at least \(grouped(arena_lower_bound)) are needed"
        Console.print(
            "\(output): \(operations) ops, \(grouped(file_bytes)) bytes, \(grouped(weight_and_bias_bytes)) of them "
                + "weights and biases; \(grouped(macs)) multiply-accumulates; arena \(grouped(arena_bytes)) bytes, "
                + bound)
    }
}

extension Operation {
    /// Bytes of filters and biases, before equal ones are shared.
    fileprivate var weightAndBiasBytes: Int {
        switch self {
        case .conv2D(_, let filter, let block), .depthwiseConv2D(_, let filter, let block),
            .dense(_, let filter, let block), .transposeConv2D(_, let filter, let block):
            return filter.count + 4 * block.bias.count
        default: return 0
        }
    }
}
