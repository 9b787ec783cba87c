// SPDX-License-Identifier: Apache-2.0
// Finds the layers that cost accuracy, by putting one after the other into int8, and into float.

import Foundation
import NNQFormat
import NNQGraph

extension Quantized {
    /// Layers that round, by the names of their tensors: those of which a layer swap says something.
    public var roundingLayers: [String] { roundingTensors.map { program.tensors[$0].name } }

    /// Tensors that hold rounded values which no tensor before them held.
    private var roundingTensors: [Int] {
        let judged = foldedModel.judgedNode
        let end = foldedModel.graph.nodes[foldedModel.graph.outputs[0]].name
        return program.tensors.indices.filter { tensor in
            guard let node = nodeOfTensor[tensor], program.tensors[tensor].type != .int32 else { return false }
            guard node == judged || node != end else { return false }
            guard tensor >= program.inputCount else { return true }
            switch program.operations[tensor - program.inputCount].operation {
            case .maxPool, .int16(.maxPool), .reshape, .slice, .transpose, .pad, .minimum, .maximum: return false
            default: return true
            }
        }
    }

    /// The float model in which some layers compute as in int8: with the program's weights and biases, and outputs
    /// rounded to the steps of the program's tensors.
    /// - Parameter layers: of `roundingLayers`.
    public func simulating(_ layers: Set<String>) throws -> Model {
        var parameters = foldedModel.parameters
        for weights in self.weights {
            guard layers.contains(program.tensors[program.inputCount + weights.operation].name) else { continue }
            parameters["\(weights.layer).weight"]?.values = weights.dequantized
            parameters["\(weights.layer).bias"]?.values = weights.bias.map { Float($0) }
        }
        var rounding = FakeQuantization(zeroPoints: [:], weightBits: [:])
        for tensor in roundingTensors where layers.contains(program.tensors[tensor].name) {
            let name = nodeOfTensor[tensor]!
            let quantization = program.tensors[tensor].quantization
            rounding.zeroPoints[name] = Int(quantization.zeroPoint)
            if program.tensors[tensor].type == .int16 { rounding.wideOutputs.insert(name) }
            parameters[FakeQuantization.outputLog2Scale(of: name)] = Tensor(
                shape: [1], values: [log2f(quantization.scale)])
        }
        var metadata = foldedModel.metadata
        metadata.fakeQuantization = rounding
        return try Model(graph: foldedModel.graph, parameters: parameters, metadata: metadata)
    }

    /// What each layer costs by itself, and what it would bring to have it in float.
    /// - Parameters:
    ///   - source: an engine that rounds as `Metadata.fakeQuantization` says, such as `DatasetSource`.
    ///   - samples: at most so many.
    ///   - progress: told the networks done and their number in all.
    /// - Throws: `QuantizeError` where there are no samples; what `source` throws.
    public func layerSwaps(
        source: some FloatSource, samples: Int, progress: (Int, Int) -> Void = { _, _ in }
    ) throws -> LayerSwaps {
        let layers = roundingLayers
        let limit = min(samples, source.count)
        guard limit > 0 else { throw QuantizeError("there are no samples to compare layers on") }
        let total = 2 * layers.count + 2
        var run = SwapRun(foldedModel, limit: limit)
        let floatAccuracy = try run.record(source)
        progress(1, total)
        let all = try run.effect(of: try simulating(Set(layers)), source)
        progress(2, total)
        var swaps: [LayerSwap] = []
        for layer in layers {
            let only = try run.effect(of: try simulating([layer]), source)
            let without = try run.effect(of: try simulating(Set(layers).subtracting([layer])), source)
            swaps.append(LayerSwap(layer: layer, onlyInt8: only, onlyFloat: without))
            progress(2 + 2 * swaps.count, total)
        }
        return LayerSwaps(samples: limit, floatAccuracy: floatAccuracy, allInt8: all, layers: swaps)
    }
}

extension Model {
    /// The node whose values are compared: the first output, or of a classifier what a softmax there reads, since a
    /// softmax that is sure of its answer hides errors.
    package var judgedNode: String {
        let output = graph.nodes[graph.outputs[0]]
        if case .softmax = output.layer, metadata.task == .classification { return graph.nodes[output.inputs[0]].name }
        return output.name
    }
}

/// The float network's outputs, to which those of others are compared.
private struct SwapRun {
    private let model: Model
    private let limit: Int
    private let node: String
    private let task: NNQGraph.Task
    private var exact: [[Float]] = []

    init(_ model: Model, limit: Int) {
        self.model = model
        self.limit = limit
        task = model.metadata.task
        node = model.judgedNode
    }

    /// Runs the float network.
    /// - Returns: its accuracy.
    mutating func record(_ source: some FloatSource) throws -> Double? {
        var outputs: [[Float]] = []
        let effect = try forEach(model, source) { _, output in outputs.append(output) }
        exact = outputs
        return effect.accuracy
    }

    func effect(of other: Model, _ source: some FloatSource) throws -> SwapEffect {
        var ratio = SignalToNoise()
        var agreeing = 0
        var effect = try forEach(other, source) { index, output in
            ratio.add(exact[index], output)
            agreeing += task.answer(output) == task.answer(exact[index]) ? 1 : 0
        }
        effect.sqnr = ratio.decibels
        effect.agreement = task == .regression ? nil : Double(agreeing) / Double(limit)
        return effect
    }

    /// - Returns: an effect of which the accuracy is known.
    private func forEach(
        _ model: Model, _ source: some FloatSource, _ body: (Int, [Float]) -> Void
    ) throws -> SwapEffect {
        var scorer = Scorer(task)
        var done = 0
        try source.forEachBatch(of: model, nodes: [node], limit: limit) { batch in
            let size = batch.values[0].count / batch.count
            for sample in 0..<batch.count {
                let output = Array(batch.values[0][sample * size..<(sample + 1) * size])
                body(done + sample, output)
                if sample < batch.targets.count { scorer.add(output, target: batch.targets[sample]) }
            }
            done += batch.count
        }
        return SwapEffect(accuracy: scorer.score.accuracy)
    }
}
