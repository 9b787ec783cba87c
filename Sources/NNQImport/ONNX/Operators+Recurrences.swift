// SPDX-License-Identifier: Apache-2.0
// LSTM and GRU over a whole sequence, from a state of zeros.

import NNQGraph

extension Operators {
    static let recurrences: [String: Rule] = [
        "LSTM": { try recurrence(&$0, $1, gates: [0, 2, 3, 1]) },
        "GRU": { try recurrence(&$0, $1, gates: [0, 1, 2]) },
    ]

    /// - Parameter gates: where the graph's gates stand among ONNX's: i, f, g, o among i, o, f, c; z, r, n as they are.
    private static func recurrence(
        _ graph: inout GraphImport, _ node: ONNXNode, gates: [Int]
    ) throws -> [ONNXOperand] {
        let direction = node.string("direction", default: "forward")
        try check(graph, node, direction)
        let value = try graph.value(node, 0)
        let (time, batch) = node.flag("layout") ? (1, 0) : (0, 1)
        guard value.extents.count == 3 else {
            throw ImportError("its input is \(value.extents.words); a sequence of vectors is needed")
        }
        guard value.extents[batch] == 1 || (batch == 0 && value.layout.isBatched) else {
            throw ImportError.mixesBatch()
        }
        if value.layout.isBatched, time == 0 { throw ImportError.mixesBatch() }
        let sequence = try graph.arrange(value, [[time], [2]])
        var results: [ONNXOperand] = []
        var states: [ONNXOperand] = []
        let directions = direction == "bidirectional" ? [false, true] : [direction == "reverse"]
        for (index, isReverse) in directions.enumerated() {
            let name = directions.count == 1 ? node.name : "\(node.name).\(isReverse ? "reverse" : "forward")"
            var cell = try RecurrentCell(graph, node, direction: index, gates: gates)
            cell.isReverse = isReverse
            let (all, last) = try graph.run(cell, sequence, named: name)
            results.append(.computed(graph.directed(all, value, time: time, batch: batch, steps: value.extents[time])))
            states.append(.computed(graph.directed(last, value, time: time, batch: batch, steps: nil)))
        }
        // Y is [t, directions, n, units] or [n, t, directions, units], Y_h [directions, n, units] or
        // [n, directions, units].
        let axis = node.flag("layout") ? 2 : 1
        let every = try graph.joined(results, axis: axis, named: "\(node.name).joined")
        let last = try graph.joined(states, axis: axis - 1, named: "\(node.name).last")
        return [.computed(every), .computed(last)]
    }

    private static func check(_ graph: GraphImport, _ node: ONNXNode, _ direction: String) throws {
        guard ["forward", "reverse", "bidirectional"].contains(direction) else {
            throw ImportError("its direction is '\(direction)'")
        }
        if node.hasInput(4), try graph.constant(node, 4, "sequence lengths") != nil {
            throw ImportError("sequence lengths are not supported: give it whole sequences")
        }
        for index in [5, 6] where node.hasInput(index) && (node.operation == "LSTM" || index == 5) {
            guard let state = try graph.constant(node, index, "initial state"), state.floats.allSatisfy({ $0 == 0 })
            else { throw ImportError("its initial state is not zero") }
        }
        guard !node.hasInput(7) else { throw ImportError("peepholes are not supported") }
        let isDefault = ["activations", "activation_alpha", "activation_beta", "clip"].allSatisfy { !node.has($0) }
        let plain = node.operation == "LSTM" ? ["Sigmoid", "Tanh", "Tanh"] : ["Sigmoid", "Tanh"]
        let listed = node.strings("activations") ?? []
        let isListed = stride(from: 0, to: listed.count, by: plain.count).allSatisfy {
            Array(listed[$0..<min($0 + plain.count, listed.count)]) == plain
        }
        guard isDefault || (isListed && !node.has("clip")), !node.flag("input_forget") else {
            throw ImportError("other activations, clipping and coupled gates are not supported")
        }
    }
}

/// The weights of one direction.
struct RecurrentCell {
    let layer: Layer
    let units: Int
    let parameters: [String: Tensor]
    var isReverse = false

    init(_ graph: GraphImport, _ node: ONNXNode, direction: Int, gates: [Int]) throws {
        guard let weight = try graph.constant(node, 1, "weights"),
            let recurrent = try graph.constant(node, 2, "recurrent weights"), weight.extents.count == 3,
            recurrent.extents.count == 3, direction < weight.extents[0], direction < recurrent.extents[0]
        else { throw ImportError("it needs weights and recurrent weights for each direction") }
        let count = gates.count
        let units = recurrent.extents[2]
        let features = weight.extents[2]
        guard units >= 1, features >= 1, recurrent.extents[1] == count * units, weight.extents[1] == count * units
        else { throw ImportError("its weights are \(weight.extents.words) and \(recurrent.extents.words)") }
        let bias = try graph.constant(node, 3, "bias")
        guard
            bias == nil
                || (bias!.extents.count == 2 && bias!.extents[1] == 2 * count * units
                    && direction < bias!.extents[0])
        else { throw ImportError("its bias is \(bias!.extents.words)") }
        func rows(_ values: [Float], _ width: Int, from start: Int) -> [Float] {
            gates.flatMap { gate -> ArraySlice<Float> in
                let first = start + gate * units * width
                return values[first..<first + units * width]
            }
        }
        let size = count * units
        let values = bias?.floats
        let own = values.map { rows($0, 1, from: direction * 2 * size) } ?? Array(repeating: 0, count: size)
        let back = values.map { rows($0, 1, from: direction * 2 * size + size) } ?? Array(repeating: 0, count: size)
        var parameters = [
            "weight": Tensor(
                shape: [size, features], values: rows(weight.floats, features, from: direction * size * features)),
            "recurrent_weight": Tensor(
                shape: [size, units], values: rows(recurrent.floats, units, from: direction * size * units)),
        ]
        if node.operation == "LSTM" {
            layer = .lstm(units: units)
            parameters["bias"] = try Tensor(fitting: [size], values: zip(own, back).map { $0 + $1 })
        } else {
            layer = .gru(units: units, resetAfter: node.flag("linear_before_reset"))
            parameters["bias"] = try Tensor(fitting: [size], values: own)
            parameters["recurrent_bias"] = try Tensor(fitting: [size], values: back)
        }
        self.units = units
        self.parameters = parameters
    }
}

extension GraphImport {
    /// All outputs of a cell in the order of time, and the one that it computes last.
    fileprivate mutating func run(
        _ cell: RecurrentCell, _ sequence: Int, named name: String
    ) throws -> (all: Int, last: Int) {
        let shape = builder.shapes[sequence]
        guard cell.parameters["weight"]!.shape[1] == shape[1] else {
            throw ImportError("its weights do not fit vectors of \(shape[1])")
        }
        func flipped(_ node: Int, _ name: String) throws -> Int {
            let shape = builder.shapes[node]
            guard cell.isReverse, shape[0] > 1 else { return node }
            return try builder.append(
                .slice(begin: [shape[0] - 1, 0], size: shape, step: [-1, 1]), [node], shape: shape, name: name)
        }
        let input = try flipped(sequence, "\(name).backwards")
        let output = [shape[0], cell.units]
        let all = try builder.append(cell.layer, [input], shape: output, name: name, cell.parameters)
        let last =
            shape[0] == 1
            ? all
            : try builder.append(
                .slice(begin: [shape[0] - 1, 0], size: [1, cell.units], step: [1, 1]), [all], shape: [1, cell.units],
                name: "\(name).last_step")
        return (try flipped(all, "\(name).forwards"), last)
    }

    /// A cell's result under ONNX's axes.
    fileprivate func directed(_ node: Int, _ input: Value, time: Int, batch: Int, steps: Int?) -> Value {
        let units = builder.shapes[node][1]
        let samples = input.extents[batch]
        let isBatched = input.layout.isBatched
        let timed = steps.map { [$0] } ?? []
        let extents = batch == 0 ? [samples] + timed + [1, units] : timed + [1, samples, units]
        return Value(node: node, layout: Layout(extents, isBatched: isBatched))
    }
}
