// SPDX-License-Identifier: Apache-2.0
// Turns a graph into a program: a list of steps over tensors, forward and, for training, backward.

import CDNNL
import NNQArithmetic
import NNQGraph

/// What a layer leaves behind when its forward steps are emitted.
struct Compiled {
    /// The layer's value, in a layout of its choice.
    let output: Memory
    /// Emits the layer's backward steps, given the gradient of `output`; returns those of the layer's inputs, nil
    /// where nobody asked. A gradient must not be written to by who receives it: others may hold it too.
    let backward: ((Memory) throws -> [Memory?])?
}

/// A layer at its place, as its compile function sees it.
struct Site {
    let index: Int
    let name: String
    let inputs: [Memory]
    let inputShapes: [Shape]
    let shape: Shape
    /// For each input, whether its gradient is needed.
    let wantsGradient: [Bool]
    /// The activation that this layer applies to its own output.
    let fused: Activation?
    /// True where every reader is a dense layer, which takes maps as they lie.
    let feedsDenseOnly: Bool
}

/// Compiles one graph for one batch size.
final class Compiler {
    let graph: Graph
    let shapes: [Shape]
    let batch: Int
    let isTraining: Bool
    /// True where convolutions add up products as they are, as calibration relies on; false allows Winograd's sums.
    let sumsPlainly: Bool
    let device: Device
    let fusion: Fusion
    /// What is rounded to integers on the way.
    let quantization: FakeQuantization?
    /// By node whose values are integers of int8 on the way: their scale.
    private(set) var scales: [Int: TensorScale] = [:]
    /// By layer of weights that adds up integers: what they are.
    var sums: [Int: IntegerSums] = [:]
    /// Counts training steps; dropout draws from it.
    let clock = Clock()
    var steps: [Step] = []
    var parameters: [Parameter] = []
    private var compiled: [Compiled?]
    /// By node: emits the backward step of rounding its value.
    private var roundings: [Int: (Memory) throws -> Memory] = [:]
    /// By input that is rounded: its value before that.
    private var exact: [Int: Memory] = [:]
    var conversions: [Conversion] = []
    /// By a tensor of whole steps: the same in steps.
    var integerCopies: [Conversion] = []

    /// - Parameters:
    ///   - ends: Nodes whose values are needed; what none of them depends on is left out.
    ///   - kept: Nodes whose own values must exist, rather than vanish in a fusion.
    init(
        graph: Graph, batch: Int, isTraining: Bool, sumsPlainly: Bool, ends: [Int], kept: Set<Int>,
        metadata: Metadata, device: Device
    ) throws {
        guard batch >= 1 else { throw TrainError("the batch size is \(batch); use at least 1") }
        self.graph = graph
        self.shapes = try graph.shapes()
        self.batch = batch
        self.isTraining = isTraining
        self.sumsPlainly = sumsPlainly
        self.device = device
        quantization = metadata.fakeQuantization
        let rounded = graph.nodes.indices.filter { metadata.fakeQuantization?.zeroPoints[graph.nodes[$0].name] != nil }
        fusion = Fusion(
            graph: graph, shapes: shapes, isTraining: isTraining, ends: ends, kept: kept, rounded: Set(rounded))
        compiled = Array(repeating: nil, count: graph.nodes.count)
        device.useThreads()
        for index in graph.nodes.indices where fusion.isLive[index] {
            try compileForward(index)
            try round(index)
            scales[index] = scales[index] ?? inheritedScale(index, metadata)
        }
    }

    /// The value of a node, in whatever layout it is.
    func value(_ node: Int) -> Memory { compiled[node]!.output }

    /// Where an input's samples go, before any rounding.
    func samples(_ input: Int) -> Memory { exact[input] ?? value(input) }

    /// Places everything in memory. The compiler is of no use afterwards.
    func finish() throws -> Block {
        compiled = []
        conversions = []
        integerCopies = []
        return try MemoryPlan.place(steps)
    }

    private func compileForward(_ index: Int) throws {
        if let host = fusion.host[index] {
            compiled[index] = Compiled(output: value(host), backward: nil)
            return
        }
        let node = graph.nodes[index]
        let site = Site(
            index: index, name: node.name, inputs: node.inputs.map(value), inputShapes: node.inputs.map { shapes[$0] },
            shape: shapes[index], wantsGradient: node.inputs.map { isTraining && fusion.needsGradient[$0] },
            fused: fusion.activation[index], feedsDenseOnly: fusion.feedsDenseOnly(index))
        compiled[index] = try compile(node.layer, site)
    }

    /// Rounds a node's value where that is wanted.
    private func round(_ index: Int) throws {
        let name = graph.nodes[index].name
        guard let quantization, let zeroPoint = quantization.zeroPoints[name] else { return }
        let isInput = graph.inputs.contains(index)
        exact[index] = isInput ? value(index) : nil
        let rounded = try fakeQuantized(
            index, zeroPoint: zeroPoint, limits: quantization.outputLimits(of: name), isTrained: !isInput)
        compiled[index] = Compiled(output: rounded.output, backward: compiled[index]!.backward)
        roundings[index] = isInput ? nil : rounded.backward
        scales[index] = rounded.scale
    }

    /// The scale of values that nothing rounds, because they are integers already.
    private func inheritedScale(_ index: Int, _ metadata: Metadata) -> TensorScale? {
        let node = graph.nodes[index]
        guard quantization != nil else { return nil }
        if node.inputs.isEmpty { return metadata.exactInput(graph, index).map { TensorScale($0) } }
        // In training, dropout scales what it keeps.
        if isTraining, case .dropout = node.layer { return nil }
        guard node.layer.keepsQuantization, let first = scales[node.inputs[0]] else { return nil }
        return node.inputs.allSatisfy { scales[$0].map { $0 == first } ?? false } ? first : nil
    }

    private func compile(_ layer: Layer, _ site: Site) throws -> Compiled {
        switch layer {
        case .input(let shape): try input(shape)
        case .constant: try constant(site)
        case .dense(_, let bias): try dense(site, hasBias: bias)
        case let .conv2D(_, window, groups, bias):
            try convolution(site, window, groups: groups, hasBias: bias)
        case let .depthwiseConv2D(_, window, bias):
            try convolution(site, window, groups: site.inputShapes[0].channels, hasBias: bias)
        case let .transposedConv2D(_, window, outputPadding, groups, bias):
            try transposedConvolution(site, window, outputPadding: outputPadding, groups: groups, hasBias: bias)
        case .maxPool(let window): try maxPool(site, window)
        case .averagePool(let window): try averagePool(site, window)
        case .globalAveragePool: try globalAveragePool(site)
        case .globalMaxPool: try globalMaxPool(site)
        case let .batchNorm(epsilon, momentum): try batchNorm(site, epsilon: epsilon, momentum: momentum)
        case .activation(let function): try activation(site, function)
        case .prelu: try prelu(site)
        case .softmax: try softmax(site)
        case .l2Normalize: try l2Normalize(site)
        case .add: try add(site)
        case .binary(let function): try binary(site, function)
        case let .matmul(transposesA, transposesB):
            try matmul(site, transposesA: transposesA, transposesB: transposesB)
        case .concat(let axis): try concat(site, axis: axis)
        case .flatten, .reshape: try reshape(site)
        case .dropout(let rate): try dropout(site, rate: rate)
        case .pad(let margins): try pad(site, margins)
        case let .slice(begin, _, step): try slice(site, begin: begin, step: step)
        case .transpose(let permutation): try transpose(site, permutation)
        case let .resize(_, .nearest(rounding), coordinates): try resizeNearest(site, rounding, coordinates)
        case let .resize(_, .bilinear, coordinates): try resizeBilinear(site, coordinates)
        case let .reduce(reduction, axes, _): try reduce(site, reduction, axes: axes)
        case .argMax: try argMax(site)
        case let .embedding(count, channels): try embedding(site, count: count, channels: channels)
        case .lstm(let units): try lstm(site, units: units)
        case let .gru(units, resetAfter): try gru(site, units: units, resetAfter: resetAfter)
        }
    }

    private func input(_ shape: Shape) throws -> Compiled {
        Compiled(output: try Memory(plainLayout(shape), device, isPinned: true), backward: nil)
    }

    /// Emits the backward steps of everything that `gradient`, the loss's at node `end`, reaches.
    func compileBackward(from end: Int, gradient: Memory) throws {
        var gradients = Array(repeating: [Memory](), count: graph.nodes.count)
        gradients[end] = [gradient]
        for index in graph.nodes.indices.reversed() where !gradients[index].isEmpty {
            let whole = try sum(gradients[index], graph.nodes[index].name)
            let gradient = try roundings[index]?(whole) ?? whole
            if let host = fusion.host[index] {
                gradients[host].append(gradient)
            } else if let backward = compiled[index]?.backward {
                for (input, part) in zip(graph.nodes[index].inputs, try backward(gradient)) {
                    if let part { gradients[input].append(part) }
                }
            }
        }
    }

    /// A tensor with several readers gets the sum of their gradients.
    private func sum(_ gradients: [Memory], _ name: String) throws -> Memory {
        try gradients.dropFirst().reduce(gradients[0]) { total, part in
            let result = try memory(total.layout)
            try emitAdd(name, total, try aligned(part, with: total, name), into: result, fused: nil)
            return result
        }
    }
}

/// The number of training steps done so far, and the seed that dropout draws from.
final class Clock {
    var step: UInt64 = 0
    var seed: UInt64 = 0
}
