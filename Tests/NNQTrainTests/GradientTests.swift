// SPDX-License-Identifier: Apache-2.0
// Training: every gradient against central differences of the reference's loss.

import Foundation
import NNQData
import NNQGraph
import NNQTrain
import Testing

@Suite struct GradientTests {
    @Test(arguments: Case.all) func gradientsEqualFiniteDifferences(network: Case) throws {
        try compare(network, .crossEntropy, targets: .labels)
    }

    /// Enough samples that our own loops split them.
    @Test(arguments: Case.all.filter { $0.name.contains("pool") || $0.name.hasPrefix("first conv") })
    func gradientsOfTwoThreads(network: Case) throws {
        try compare(network, .crossEntropy, targets: .labels, batch: 9, threads: 2)
    }

    @Test(arguments: [
        Case("squared error", [4]) { Dense(5); Tanh(); Dense(3) },
        Case("squared error of softmax", [4]) { Dense(5); Tanh(); Dense(3); Softmax() },
        Case("squared error of a map", [4, 4, 2]) { Conv2D(3, kernel: 4) ; Sigmoid(); Flatten() },
    ]) func squaredError(network: Case) throws { try compare(network, .squaredError, targets: .values) }

    @Test(arguments: [
        Case("sigmoid", [4]) { Dense(5); Tanh(); Dense(3); Sigmoid() },
        Case("step learns as sigmoid", [4]) { Dense(5); Tanh(); Dense(3); Step() },
    ]) func binaryCrossEntropy(network: Case) throws { try compare(network, .binaryCrossEntropy, targets: .values) }

    @Test func softmaxAndLogitsLearnAlike() throws {
        try compare(Case("with softmax", [4]) { Dense(3); Softmax() }, .crossEntropy, targets: .labels)
        try compare(Case("logits", [4]) { Dense(3) }, .crossEntropy, targets: .labels)
    }

    private enum Targets { case labels, values }

    /// Gradients and the loss itself.
    private func compare(
        _ network: Case, _ loss: Loss, targets kind: Targets, batch: Int = 4, threads: Int = 1
    ) throws {
        let model = try network.model(seed: 7)
        let outputs = try model.graph.shapes()[model.graph.outputs[0]].count
        let inputs = network.samples(batch, seed: 21)
        let labels = (0..<batch).map { Int32($0 * 2 % outputs) }
        let values = Noise.values(batch * outputs, seed: 5).map { abs($0) }
        let data = try kind == .labels
            ? FloatDataset(
                name: "noise", shape: network.input.dimensions, values: inputs,
                classes: (0..<outputs).map(String.init), labels: labels)
            : FloatDataset(
                name: "noise", shape: network.input.dimensions, values: inputs,
                targetNames: (0..<outputs).map(String.init), targets: values)
        let engine = try TrainingEngine(model, batch: batch, loss: loss, options: TrainingOptions(threads: threads))
        let targets = try TargetBuffer(data, loss: loss, outputs: outputs, batch: batch)
        var batches = try Batches(data, batchSize: batch, shuffle: false)
        _ = targets.fill(engine.input, from: &batches)

        var reference = try Reference(model, isTraining: true)
        let samples = inputs.map(Double.init).split(into: batch)
        func referenceLoss() -> Double {
            let all = reference.values(samples)
            return Self.loss(loss, model.graph, all, labels.map(Int.init), values.map(Double.init))
        }
        let found = try engine.computeGradients(targets)
        #expect(abs(found.loss - referenceLoss()) < 1e-4 * max(1, abs(found.loss)), "\(network.name)")
        let gradients = try engine.readGradients()
        // Some gradients are zero but for rounding, a bias's before batch norm: the network's largest sets the scale.
        let largest = gradients.values.flatMap { $0.values }.reduce(0) { max($0, Double(abs($1))) }
        for (name, gradient) in gradients {
            // At most 48 of a parameter's elements, spread evenly.
            let chosen = Array(stride(from: 0, to: gradient.count, by: (gradient.count + 47) / 48))
            let differences = chosen.map { index in
                let step = 1e-5
                let value = reference.parameters[name]![index]
                reference.parameters[name]![index] = value + step
                let above = referenceLoss()
                reference.parameters[name]![index] = value - step
                let below = referenceLoss()
                reference.parameters[name]![index] = value
                return (above - below) / (2 * step)
            }
            let error = Difference(chosen.map { gradient.values[$0] }, differences, scale: largest / 10)
            #expect(error.relative < 2e-3, "\(network.name), \(name): \(error)")
        }
    }

    /// The loss of the graph's own outputs (its logits where the loss swallows the last activation).
    private static func loss(
        _ loss: Loss, _ graph: Graph, _ all: [[[Double]]], _ labels: [Int], _ values: [Double]
    ) -> Double {
        let last = graph.nodes[graph.outputs[0]]
        switch loss {
        case .crossEntropy:
            let isSoftmax = last.layer == .softmax
            let logits = all[isSoftmax ? last.inputs[0] : graph.outputs[0]]
            return zip(logits, labels).reduce(0) { sum, row in
                let top = row.0.max()!
                return sum + log(row.0.reduce(0) { $0 + exp($1 - top) }) + top - row.0[row.1]
            } / Double(labels.count)
        case .binaryCrossEntropy:
            let logits = all[last.inputs[0]].flatMap { $0 }
            return zip(logits, values).reduce(0) { sum, pair in
                sum + log(1 + exp(-abs(pair.0))) + max(pair.0, 0) - pair.0 * pair.1
            } / Double(values.count)
        case .squaredError:
            let outputs = all[graph.outputs[0]].flatMap { $0 }
            return zip(outputs, values).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(values.count)
        }
    }
}
