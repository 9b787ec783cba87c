// SPDX-License-Identifier: Apache-2.0
// A memory plan as text for people.

/// Draws a plan: for each op, how many bytes are alive and what lies where; then each tensor with its place and
/// lifetime.
public enum MemoryMap {
    /// - Parameter width: columns of the terminal; the drawing takes what names and numbers leave of it, 16 to 96
    ///   columns.
    /// - Precondition: the plan is one for this program.
    public static func text(_ program: Program, _ plan: MemoryPlan, width: Int = 80) -> String {
        let lifetimes = Lifetimes(program, stages: plan.stages, rowsHeld: plan.rowsHeld)
        let drawing = Drawing(program: program, plan: plan, ranges: lifetimes.ranges)
        return ([drawing.summary] + drawing.operations(width: width) + [""] + drawing.tensors())
            .joined(separator: "\n") + "\n"
    }
}

private struct Drawing {
    let program: Program
    let plan: MemoryPlan
    let ranges: [ClosedRange<Int>]

    var summary: String {
        let verdict =
            plan.isProvenOptimal
            ? "proven optimal"
            : "at most \(percent(plan.gap)) above the optimum (lower bound \(plan.lowerBound))"
        return "arena: \(plan.arenaBytes) bytes, \(verdict)"
    }

    /// One row an op: `<` what it reads, `>` what it writes, `x` what it overwrites in place, `=` what waits for later
    /// ops.
    func operations(width: Int) -> [String] {
        let heads = program.operations.indices.map { index in
            let name = shorten(program.tensors[program.inputCount + index].name, to: 20)
            return ["\(index)", program.operations[index].operation.name, name, "\(live(at: time(of: index)))"]
        }
        let titles = ["op", "kind", "output", "live"]
        let table = align([titles] + heads, right: [0, 3])
        let columns = min(max(width - table[0].count - 4, 16), 96)
        let legend = "< read  > written  x in place  = kept"
        let ends = "0" + String(repeating: " ", count: max(columns - 1 - "\(plan.arenaBytes)".count, 1))
        let rows = zip(program.operations.indices, table.dropFirst()).map { "\($1)  |\(bar($0, columns))|" }
        return [legend, "\(table[0])   \(ends)\(plan.arenaBytes)"] + rows
    }

    /// One row a tensor: index, name, shape, bytes held, first byte, and the ops between which it is alive.
    func tensors() -> [String] {
        let rows = program.tensors.indices.map { index in
            let tensor = program.tensors[index]
            let bytes = plan.bytes(of: index, in: program)
            let held = plan.rowsHeld[index] < tensor.height ? " (\(plan.rowsHeld[index]) rows held)" : ""
            let shape = "\(tensor.height) x \(tensor.width) x \(tensor.channels)\(held)"
            let place = "\(plan.offsets[index]) ..< \(plan.offsets[index] + bytes)"
            return ["\(index)", shorten(tensor.name, to: 28), shape, "\(bytes)", place, lifetime(index)]
        }
        return align([["tensor", "name", "shape", "bytes", "place", "alive"]] + rows, right: [0, 3])
    }

    private func lifetime(_ tensor: Int) -> String {
        let from = tensor < program.inputCount ? "start" : "op \(tensor - program.inputCount)"
        let isOutput = program.outputs.contains(tensor)
        let reader = program.operations.lastIndex { $0.inputs.contains(tensor) }
        return isOutput ? "\(from) to end" : "\(from) to \(reader.map { "op \($0)" } ?? from)"
    }

    /// The time of the stage that runs an op (see `Lifetimes`).
    private func time(of operation: Int) -> Int {
        var end = 0
        for (stage, value) in plan.stages.enumerated() {
            end += value.operationCount
            if operation < end { return stage + 1 }
        }
        return plan.stages.count
    }

    /// Bytes that tensors occupy at a time; those in place once.
    private func live(at time: Int) -> Int {
        let alive = ranges.indices.filter { ranges[$0].contains(time) }
        let shared = plan.inPlace.filter { ranges[$0.output].lowerBound == time }
        return alive.reduce(0) { $0 + plan.bytes(of: $1, in: program) }
            - shared.reduce(0) { $0 + plan.bytes(of: $1.output, in: program) }
    }

    private func bar(_ operation: Int, _ columns: Int) -> String {
        var cells = [Character](repeating: " ", count: columns)
        let output = program.inputCount + operation
        let now = time(of: operation)
        let inputs = program.operations[operation].inputs
        let others = ranges.indices.filter { ranges[$0].contains(now) && $0 != output && !inputs.contains($0) }
        for tensor in others { draw(tensor, "=", &cells) }
        for tensor in inputs { draw(tensor, "<", &cells) }
        let isInPlace = plan.inPlace.contains { $0.operation == operation }
        draw(output, isInPlace ? "x" : ">", &cells)
        return String(cells)
    }

    /// Fills the cells that a tensor touches, one at least.
    private func draw(_ tensor: Int, _ mark: Character, _ cells: inout [Character]) {
        let first = plan.offsets[tensor] * cells.count / plan.arenaBytes
        let end = (plan.offsets[tensor] + plan.bytes(of: tensor, in: program)) * cells.count / plan.arenaBytes
        for cell in first..<max(end, first + 1) where cells.indices.contains(cell) { cells[cell] = mark }
    }

    private func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded(.up))
        return "\(tenths / 10).\(tenths % 10) %"
    }

    private func shorten(_ name: String, to limit: Int) -> String {
        name.count <= limit ? name : name.prefix(limit - 3) + "..."
    }

    /// Rows of cells in columns two spaces apart.
    private func align(_ rows: [[String]], right: Set<Int>) -> [String] {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! }
        return rows.map { row in
            let cells = row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return right.contains(column) ? space + row[column] : row[column] + space
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
