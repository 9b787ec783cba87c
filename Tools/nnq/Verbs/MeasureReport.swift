// SPDX-License-Identifier: Apache-2.0
// What `nnq measure` shows, for people and for programs.

import Foundation
import NNQTargets

struct MeasureReport: Encodable {
    struct Layer: Encodable {
        let name: String
        let kind: String
        let output: [Int]
        let macs: Int
        let instructions: Int
        let loads: Int
        let stores: Int
        let cycles_estimated: Int
    }

    let target: String
    let board: String
    let mode: String
    let compilation: String
    let instructions: Int
    let loads: Int
    let stores: Int
    let cycles_estimated: Int
    let cycles_source: String
    let macs: Int
    let macs_per_instruction: Double
    /// Of checking the file when it is opened; absent in compiled mode.
    let open_instructions: Int?
    let arena_bytes: Int
    /// Static RAM beside the arena.
    let static_bytes: Int
    /// Arena, other static RAM and stack.
    let ram_bytes: Int
    /// Code and constants but the model's.
    let code_bytes: Int
    let model_bytes: Int
    let stack_bytes: Int
    let stack_bound_bytes: Int?
    let open_stack_bytes: Int?
    let open_stack_bound_bytes: Int?
    let output_fnv1a: String
    let layers: [Layer]

    init(_ measured: DeviceCost) {
        target = measured.board.core.rawValue
        board = measured.board.machine
        mode = measured.mode.rawValue
        compilation = measured.compilation
        instructions = measured.counts.instructions
        loads = measured.counts.loads
        stores = measured.counts.stores
        cycles_estimated = measured.cycles
        cycles_source = measured.estimate.source
        macs = measured.macs
        macs_per_instruction = Double(measured.macs) / Double(max(measured.counts.instructions, 1))
        open_instructions = measured.openingCounts?.instructions
        arena_bytes = measured.arenaBytes
        static_bytes = measured.staticBytes
        ram_bytes = measured.ramBytes
        code_bytes = measured.codeBytes
        model_bytes = measured.modelBytes
        stack_bytes = measured.runningStackBytes
        stack_bound_bytes = measured.stackBound.running
        open_stack_bytes = measured.openingStackBytes
        open_stack_bound_bytes = measured.stackBound.opening
        output_fnv1a = measured.outputHash
        layers = measured.layers.map {
            Layer(
                name: $0.name, kind: $0.kind, output: $0.output, macs: $0.macs, instructions: $0.counts.instructions,
                loads: $0.counts.loads, stores: $0.counts.stores, cycles_estimated: measured.estimate.cycles($0.counts))
        }
    }

    func lines(_ measured: DeviceCost) -> [String] {
        var table = Table(
            ["", "op", "output", "MACs", "instructions", "a MAC", "loads", "stores", "cycles (est.)"],
            rightAligned: [0, 3, 4, 5, 6, 7, 8])
        for (index, layer) in layers.enumerated() {
            let ratio = layer.macs > 0 ? fixed(Double(layer.instructions) / Double(layer.macs)) : ""
            table.add([
                "\(index)", layer.kind, layer.output.map(String.init).joined(separator: "x"),
                layer.macs > 0 ? grouped(layer.macs) : "", grouped(layer.instructions), ratio, grouped(layer.loads),
                grouped(layer.stores), grouped(layer.cycles_estimated),
            ])
        }
        table.add([
            "", "total", "", grouped(macs), grouped(instructions),
            macs > 0 ? fixed(Double(instructions) / Double(macs)) : "", grouped(loads), grouped(stores),
            grouped(cycles_estimated),
        ])
        return ["\(target) (\(board)), \(mode), \(compilation)", ""] + table.lines + [""] + summary
    }

    private var summary: [String] {
        var lines = ["\(fixed(macs_per_instruction)) MACs an instruction; output \(output_fnv1a), as on this machine"]
        lines.append("Cycles are an estimate without wait states: \(cycles_source)")
        lines.append(
            "Flash: code and constants \(grouped(code_bytes)), model \(grouped(model_bytes)); together "
                + "\(grouped(code_bytes + model_bytes)) bytes")
        lines.append(
            "RAM: arena \(grouped(arena_bytes)), other static \(grouped(static_bytes)), stack "
                + "\(stack(max(stack_bytes, open_stack_bytes ?? 0), nil)); together \(grouped(ram_bytes)) bytes")
        lines.append("Stack written: running \(stack(stack_bytes, stack_bound_bytes))" + opening)
        return lines
    }

    private var opening: String {
        guard let open_stack_bytes, let open_instructions else { return " bytes" }
        return ", opening \(stack(open_stack_bytes, open_stack_bound_bytes)) bytes; opening takes "
            + "\(grouped(open_instructions)) instructions"
    }

    private func stack(_ bytes: Int, _ bound: Int?) -> String {
        grouped(bytes) + (bound.map { " (at most \(grouped($0)))" } ?? "")
    }
}

/// With three decimals.
private func fixed(_ value: Double) -> String { String(format: "%.3f", value) }
