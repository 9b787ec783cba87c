// SPDX-License-Identifier: Apache-2.0
// A float engine that shares nothing with the trained one: plain loops in double precision, one sample at a time.

import Foundation
import LayerReference
import NNQGraph
import NNQQuantize

/// Inference of float models by their definition.
struct FloatInterpreter {
    let model: Model
    private let shapes: [Shape]

    init(_ model: Model) throws {
        self.model = model
        shapes = try model.graph.shapes()
    }

    /// The value of every node for one sample.
    func values(_ inputs: [[Float]]) -> [[Float]] {
        var values: [[Float]] = []
        var pending = inputs[...]
        for (index, node) in model.graph.nodes.enumerated() {
            if case .input = node.layer {
                values.append(pending.removeFirst())
                continue
            }
            let operands = node.inputs.map { values[$0].map { Double($0) } }
            values.append(value(index, operands).map { Float($0) })
        }
        return values
    }

    /// The value of one node from those of its inputs.
    func value(_ index: Int, _ operands: [[Double]]) -> [Double] {
        let node = model.graph.nodes[index]
        let shape = node.inputs.first.map { shapes[$0] } ?? shapes[index]
        let input = operands.first ?? []
        switch node.layer {
        case .input: return []
        case .dense(let units, _):
            let weight = parameter(node, "weight")!
            let bias = parameter(node, "bias")
            return (0..<units).map { unit -> Double in
                var sum: Double = bias?[unit] ?? 0
                let row = weight[unit * input.count..<(unit + 1) * input.count]
                for (value, factor) in zip(input, row) { sum += value * factor }
                return sum
            }
        case .conv2D(_, let window, let groups, _): return convolution(index, input, window, groups: groups)
        case .depthwiseConv2D(_, let window, _): return convolution(index, input, window, groups: shape.channels)
        case .maxPool(let window): return pool(index, input, window) { $0.max()! }
        case .averagePool(let window): return pool(index, input, window) { $0.reduce(0, +) / Double($0.count) }
        case .globalAveragePool:
            let window = Window(kernel: Pair(shape.height, shape.width))
            return pool(index, input, window) { $0.reduce(0, +) / Double($0.count) }
        case .batchNorm(let epsilon, _):
            let gamma = parameter(node, "weight")!
            let beta = parameter(node, "bias")!
            let mean = parameter(node, "running_mean")!
            let variance = parameter(node, "running_var")!
            return input.indices.map { place in
                let channel = place % gamma.count
                let normal = (input[place] - mean[channel]) / (variance[channel] + Double(epsilon)).squareRoot()
                return gamma[channel] * normal + beta[channel]
            }
        case .softmax: return softmax(input, channels: shape.channels)
        case .flatten, .reshape, .dropout: return input
        case .pad(let margins): return padded(index, input, margins)
        default:
            let layer = LayerReference(
                node.layer, inputs: operands, shapes: node.inputs.map { shapes[$0] }, output: shapes[index],
                parameter: { parameter(node, $0)! })
            return layer.values()!
        }
    }

    private func parameter(_ node: Node, _ name: String) -> [Double]? {
        model.parameters["\(node.name).\(name)"]?.values.map { Double($0) }
    }

    /// Calls `body` for each output position with the window's taps inside of the map: row, column, place in the
    /// window.
    private func slide(
        _ index: Int, _ window: Window, _ body: (_ place: Int, _ taps: [(row: Int, column: Int, tap: Int)]) -> Void
    ) {
        let input = shapes[model.graph.nodes[index].inputs[0]]
        let margins = window.margins(for: input)
        let size = window.outputSize(for: input)!
        for y in 0..<size.height {
            for x in 0..<size.width {
                var taps: [(row: Int, column: Int, tap: Int)] = []
                for i in 0..<window.kernel.height {
                    for j in 0..<window.kernel.width {
                        let row = y * window.stride.height + i * window.dilation.height - margins.top
                        let column = x * window.stride.width + j * window.dilation.width - margins.left
                        guard (0..<input.height).contains(row), (0..<input.width).contains(column) else { continue }
                        taps.append((row, column, i * window.kernel.width + j))
                    }
                }
                body(y * size.width + x, taps)
            }
        }
    }

    private func convolution(_ index: Int, _ input: [Double], _ window: Window, groups: Int) -> [Double] {
        let node = model.graph.nodes[index]
        let weight = parameter(node, "weight")!
        let bias = parameter(node, "bias")
        let map = shapes[node.inputs[0]]
        let filters = shapes[index].channels
        let depth = map.channels / groups
        let taps = window.kernel.height * window.kernel.width
        var output = Array(repeating: 0.0, count: shapes[index].count)
        slide(index, window) { place, inside in
            for filter in 0..<filters {
                let first = filter / (filters / groups) * depth
                var sum = bias?[filter] ?? 0
                for (row, column, tap) in inside {
                    for k in 0..<depth {
                        let value = input[(row * map.width + column) * map.channels + first + k]
                        sum += value * weight[(filter * taps + tap) * depth + k]
                    }
                }
                output[place * filters + filter] = sum
            }
        }
        return output
    }

    private func pool(_ index: Int, _ input: [Double], _ window: Window, _ reduce: ([Double]) -> Double) -> [Double] {
        let map = shapes[model.graph.nodes[index].inputs[0]]
        var output: [Double] = []
        slide(index, window) { _, inside in
            for channel in 0..<map.channels {
                output.append(reduce(inside.map { input[($0.row * map.width + $0.column) * map.channels + channel] }))
            }
        }
        return output
    }

    private func softmax(_ input: [Double], channels: Int) -> [Double] {
        stride(from: 0, to: input.count, by: channels).flatMap { first -> [Double] in
            let row = input[first..<first + channels]
            let largest = row.max()!
            let exponentials = row.map { exp($0 - largest) }
            let sum = exponentials.reduce(0, +)
            return exponentials.map { $0 / sum }
        }
    }

    private func padded(_ index: Int, _ input: [Double], _ margins: Margins) -> [Double] {
        let map = shapes[model.graph.nodes[index].inputs[0]]
        let output = shapes[index]
        var padded = Array(repeating: 0.0, count: output.count)
        for y in 0..<map.height {
            for x in 0..<map.width {
                for c in 0..<map.channels {
                    let place = ((y + margins.top) * output.width + x + margins.left) * map.channels + c
                    padded[place] = input[(y * map.width + x) * map.channels + c]
                }
            }
        }
        return padded
    }
}

/// Random or given samples run by the interpreter.
struct InterpretedSamples: FloatSource {
    var samples: [[Float]]
    var targets: [FloatBatch.Target] = []
    var batchSize = 7

    var count: Int { samples.count }

    func forEachBatch(
        of model: Model, nodes: [String], limit: Int, _ body: (FloatBatch) throws -> Void
    ) throws {
        let interpreter = try FloatInterpreter(model)
        let wanted = nodes.map { name in model.graph.nodes.firstIndex { $0.name == name }! }
        for first in stride(from: 0, to: min(limit, count), by: batchSize) {
            let chosen = first..<min(first + batchSize, limit, count)
            var values = wanted.map { _ in [Float]() }
            for index in chosen {
                let all = interpreter.values([samples[index]])
                for (place, node) in wanted.enumerated() { values[place] += all[node] }
            }
            try body(
                FloatBatch(count: chosen.count, values: values, targets: targets.isEmpty ? [] : Array(targets[chosen])))
        }
    }
}
