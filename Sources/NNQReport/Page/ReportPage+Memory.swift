// SPDX-License-Identifier: Apache-2.0
// RAM over time, and what the file takes of flash.

extension ReportPage {
    var memorySection: String {
        let memory = figures.memory
        let constants = memory.ops.reduce(0) { $0 + $1.constantBytes }
        let bound =
            memory.isProvenOptimal
            ? "no plan of this order takes less" : "at least \(Words.grouped(memory.lowerBound)) are needed"
        let rows = memory.ops.map { op in
            [
                op.name.shortened(to: 32).escaped, op.op.escaped, Words.grouped(op.constantBytes),
                BarChart(value: Double(op.constantBytes) / Double(max(memory.ops.map(\.constantBytes).max() ?? 1, 1)))
                    .markup(label: "\(Words.grouped(op.constantBytes)) bytes"),
                Words.grouped(op.macs),
                BarChart(value: Double(op.macs) / Double(max(memory.ops.map(\.macs).max() ?? 1, 1)))
                    .markup(label: "\(Words.grouped(op.macs)) multiply-accumulates"),
            ]
        }
        let total = [
            "all", "", Words.grouped(constants), "", Words.grouped(memory.ops.reduce(0) { $0 + $1.macs }), "",
        ]
        return Markup.section(
            "Memory",
            "RAM: \(Words.grouped(memory.arenaBytes)) bytes of arena (\(bound)). Flash: a file of "
                + "\(Words.grouped(memory.fileBytes)) bytes, \(Words.grouped(constants)) of them weights, biases and tables "
                + "(before equal ones are shared); the runtime's code comes to it.",
            "<div class=\"scroll\">\(MemoryChart(memory: memory).markup(label: "Tensors in the arena over time"))</div>"
                + "<p class=\"muted\">Each box is a tensor: its height its bytes, its width the ops during which it is "
                + "needed. The dashed line is the number of bytes in use.</p>"
                + Markup.table(
                    ["layer", "op", "constants, bytes", "", "multiply-accumulates", ""], rows + [total], words: [1]))
    }
}
