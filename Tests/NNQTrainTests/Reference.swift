// SPDX-License-Identifier: Apache-2.0
// A network as plain loops in double precision: what the engine is compared with.

import Foundation
import LayerReference
import NNQGraph

/// Computes every node of a graph, sample by sample, NHWC.
struct Reference {
    let graph: Graph
    let shapes: [Shape]
    var parameters: [String: [Double]]
    /// Batch norm by the batch's own statistics.
    let isTraining: Bool

    init(_ model: Model, isTraining: Bool) throws {
        graph = model.graph
        shapes = try model.graph.shapes()
        parameters = model.parameters.mapValues { $0.values.map(Double.init) }
        self.isTraining = isTraining
    }

    /// `result[node][sample]`
    func values(_ samples: [[Double]]) -> [[[Double]]] {
        var values: [[[Double]]] = []
        for (index, node) in graph.nodes.enumerated() {
            values.append(evaluate(node, index, node.inputs.map { values[$0] }, samples))
        }
        return values
    }

    private func evaluate(_ node: Node, _ index: Int, _ inputs: [[[Double]]], _ samples: [[Double]]) -> [[Double]] {
        let shape = shapes[index]
        let inputShape = node.inputs.first.map { shapes[$0] } ?? shape
        let weight = parameters["\(node.name).weight"] ?? []
        let bias = parameters["\(node.name).bias"]
        switch node.layer {
        case .input: return samples
        case .dense(let units, _):
            return inputs[0].map { x in
                (0..<units).map { unit in dot(weight[(unit * x.count)...], x) + (bias?[unit] ?? 0) }
            }
        case let .conv2D(_, window, groups, _):
            return inputs[0].map { convolve($0, inputShape, shape, window, groups, weight, bias) }
        case let .depthwiseConv2D(_, window, _):
            return inputs[0].map { convolve($0, inputShape, shape, window, inputShape.channels, weight, bias) }
        case .maxPool(let window):
            return inputs[0].map { pool($0, inputShape, shape, window) { $0.max()! } }
        case .averagePool(let window):
            return inputs[0].map { pool($0, inputShape, shape, window) { $0.reduce(0, +) / Double($0.count) } }
        case .globalAveragePool:
            let window = Window(kernel: Pair(inputShape.height, inputShape.width))
            let output: Shape = [1, 1, shape.count]
            return inputs[0].map { pool($0, inputShape, output, window) { $0.reduce(0, +) / Double($0.count) } }
        case .batchNorm(let epsilon, _): return normalize(node.name, inputs[0], shape.channels, Double(epsilon))
        case .softmax: return inputs[0].map { softmax($0, shape.channels) }
        case .flatten, .reshape, .dropout: return inputs[0]
        case .pad(let margins): return inputs[0].map { pad($0, inputShape, shape, margins) }
        default:
            return samples.indices.map { sample in
                let layer = LayerReference(
                    node.layer, inputs: inputs.map { $0[sample] }, shapes: node.inputs.map { shapes[$0] },
                    output: shape, parameter: { parameters["\(node.name).\($0)"]! })
                return layer.values()!
            }
        }
    }

    private func dot(_ left: ArraySlice<Double>, _ right: [Double]) -> Double {
        var sum = 0.0
        for (a, b) in zip(left, right) { sum += a * b }
        return sum
    }

    private func convolve(
        _ x: [Double], _ input: Shape, _ output: Shape, _ window: Window, _ groups: Int, _ weight: [Double],
        _ bias: [Double]?
    ) -> [Double] {
        let margins = window.margins(for: input)
        let (inPerGroup, outPerGroup) = (input.channels / groups, output.channels / groups)
        var y: [Double] = []
        for row in 0..<output.height {
            for column in 0..<output.width {
                for filter in 0..<output.channels {
                    var sum = bias?[filter] ?? 0
                    for tapRow in 0..<window.kernel.height {
                        for tapColumn in 0..<window.kernel.width {
                            let r = row * window.stride.height + tapRow * window.dilation.height - margins.top
                            let c = column * window.stride.width + tapColumn * window.dilation.width - margins.left
                            guard (0..<input.height).contains(r), (0..<input.width).contains(c) else { continue }
                            let tap = (filter * window.kernel.height + tapRow) * window.kernel.width + tapColumn
                            let first = (r * input.width + c) * input.channels + filter / outPerGroup * inPerGroup
                            for i in 0..<inPerGroup { sum += weight[tap * inPerGroup + i] * x[first + i] }
                        }
                    }
                    y.append(sum)
                }
            }
        }
        return y
    }

    private func pool(
        _ x: [Double], _ input: Shape, _ output: Shape, _ window: Window, _ combine: ([Double]) -> Double
    ) -> [Double] {
        let margins = window.margins(for: input)
        var y: [Double] = []
        for row in 0..<output.height {
            for column in 0..<output.width {
                let rows = (0..<window.kernel.height).map { row * window.stride.height + $0 - margins.top }
                let columns = (0..<window.kernel.width).map { column * window.stride.width + $0 - margins.left }
                for channel in 0..<output.channels {
                    var seen: [Double] = []
                    for r in rows where (0..<input.height).contains(r) {
                        for c in columns where (0..<input.width).contains(c) {
                            seen.append(x[(r * input.width + c) * input.channels + channel])
                        }
                    }
                    y.append(combine(seen))
                }
            }
        }
        return y
    }

    private func normalize(_ name: String, _ x: [[Double]], _ channels: Int, _ epsilon: Double) -> [[Double]] {
        var y = x
        for channel in 0..<channels {
            var mean = parameters["\(name).running_mean"]![channel]
            var variance = parameters["\(name).running_var"]![channel]
            if isTraining {
                let places = stride(from: channel, to: x[0].count, by: channels)
                let all = x.flatMap { sample in places.map { sample[$0] } }
                mean = all.reduce(0, +) / Double(all.count)
                variance = all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(all.count)
            }
            let scale = parameters["\(name).weight"]![channel] / (variance + epsilon).squareRoot()
            let shift = parameters["\(name).bias"]![channel]
            for sample in y.indices {
                for i in stride(from: channel, to: y[sample].count, by: channels) {
                    y[sample][i] = (x[sample][i] - mean) * scale + shift
                }
            }
        }
        return y
    }

    private func softmax(_ x: [Double], _ channels: Int) -> [Double] {
        var y = x
        for first in stride(from: 0, to: x.count, by: channels) {
            let top = x[first..<first + channels].max()!
            let sum = x[first..<first + channels].reduce(0) { $0 + exp($1 - top) }
            for i in first..<first + channels { y[i] = exp(x[i] - top) / sum }
        }
        return y
    }

    private func pad(_ x: [Double], _ input: Shape, _ output: Shape, _ margins: Margins) -> [Double] {
        var y = [Double](repeating: 0, count: output.count)
        for row in 0..<input.height {
            for i in 0..<input.width * input.channels {
                y[((row + margins.top) * output.width + margins.left) * output.channels + i] =
                    x[row * input.width * input.channels + i]
            }
        }
        return y
    }
}
