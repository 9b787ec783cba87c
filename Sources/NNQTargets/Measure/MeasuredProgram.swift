// SPDX-License-Identifier: Apache-2.0
// What measured programs of both modes have in common: their parts, their marks, and the sum.

import NNQFormat

/// A program in a build folder, linked as `name`, and beside it `footprint`, which has nothing but the model.
struct MeasuredProgram {
    static let name = "program.elf"
    static let footprint = "footprint.elf"

    let file: ProgramFile
    let build: FirmwareBuild
    let mode: ExecutionMode
    let codeBytes: Int
    let modelBytes: Int
    let staticBytes: Int
    let stackBound: StackBound

    /// Symbols at which a new row of counts begins: in main around opening and running, where the interpreter turns to
    /// the next op or stage, and where a compiled model's layers begin.
    static func isMark(_ symbol: String) -> Bool {
        symbol.hasPrefix("measure_") || symbol.hasPrefix("nnq_mark_") || symbol == "nnq_run_op"
            || symbol == "nnq_run_packed_op"
            || symbol == "nnq_run_bands"
    }

    func measurement(of run: CountedRun, _ measurer: Measurer) throws -> DeviceCost {
        let rows = run.rows
        guard let touch = rows.first(where: { $0.mark == "measure_touch" }),
            let begin = rows.firstIndex(where: { $0.mark == "measure_run" }),
            let end = rows.firstIndex(where: { $0.mark == "measure_done" })
        else { throw TargetError("the program did not get to its end: \(run.lines.joined(separator: "; "))") }
        // The word below the stack pointer was written, so the stack pointer is a word above.
        let depth = touch.stackBytes - 4
        let inference = rows[begin..<end]
        let opening = rows.first { $0.mark == "measure_open" }
        let total = inference.reduce(InstructionCounts()) { $0 + $1.counts }
        let hash = run.lines.first { $0.hasPrefix("output ") }.map { fnv1a($0.dropFirst(7).bytesOfHexadecimal) }
        return DeviceCost(
            board: build.board, mode: mode, layers: try layers(Array(inference)), counts: total,
            openingCounts: opening?.counts, estimate: CycleEstimate(build.board.core),
            arenaBytes: file.plan.arenaBytes, staticBytes: staticBytes, codeBytes: codeBytes, modelBytes: modelBytes,
            openingStackBytes: opening.map { max($0.stackBytes - rows[0].stackBytes + 4, 0) },
            runningStackBytes: max(inference.map(\.stackBytes).max()! - depth, 0), stackBound: stackBound,
            outputHash: hash ?? "",
            compilation: "\(build.board.compiler.name), kernels \(build.kernelLevel), the rest \(build.otherLevel)")
    }

    /// The ops that a layer's row stands for: one, or those of a stage.
    private var operationsOfLayers: [Range<Int>] {
        guard mode == .interpreter, file.plan.stages != file.program.plainStages else {
            return file.program.operations.indices.map { $0..<$0 + 1 }
        }
        var first = 0
        return file.plan.stages.map { stage in
            defer { first += stage.operationCount }
            return first..<first + stage.operationCount
        }
    }

    /// Rows begin with the first layer at the latest; what comes before it is counted to it.
    private func layers(_ rows: [CountedRow]) throws -> [DeviceCost.Layer] {
        let starts = rows.indices.filter {
            $0 > 0 && !rows[$0].mark.hasPrefix("nnq_mark_\(file.program.operations.count)_")
        }
        let layers = operationsOfLayers
        guard starts.count == layers.count else {
            throw TargetError("\(starts.count) layers were counted, and the program has \(layers.count)")
        }
        return layers.enumerated().map { index, operations in
            let first = index == 0 ? 0 : starts[index]
            let end = index + 1 < starts.count ? starts[index + 1] : rows.count
            return layer(operations, rows[first..<end].reduce(InstructionCounts()) { $0 + $1.counts })
        }
    }

    private func layer(_ operations: Range<Int>, _ counts: InstructionCounts) -> DeviceCost.Layer {
        let program = file.program
        let output = program.tensors[program.inputCount + operations.upperBound - 1]
        return DeviceCost.Layer(
            name: output.name,
            kind: operations.map { program.operations[$0].operation.measuredName }.joined(separator: "+"),
            output: [output.height, output.width, output.channels],
            macs: operations.reduce(0) { $0 + program.macs(of: $1) }, counts: counts)
    }
}

extension Operation {
    /// The op, or the form that it is packed in.
    fileprivate var measuredName: String {
        if case .packed(let operation) = self { operation.form.name } else { name }
    }
}

extension Substring {
    /// The bytes of pairs of hexadecimal digits.
    fileprivate var bytesOfHexadecimal: [UInt8] {
        let digits = compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
