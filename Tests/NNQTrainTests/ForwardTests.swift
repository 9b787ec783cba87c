// SPDX-License-Identifier: Apache-2.0
// Inference: every layer's value against the reference.

import NNQGraph
import NNQTrain
import Testing

@Suite struct ForwardTests {
    @Test(arguments: Case.all) func inferenceEqualsTheReference(network: Case) throws {
        let model = try network.model(seed: 7)
        let batch = 3
        let names = model.graph.nodes.map(\.name)
        let observing = try FloatEngine(model, batch: batch, observing: names, threads: 2)
        let fused = try FloatEngine(model, batch: batch, threads: 2)
        let inputs = network.samples(batch, seed: 11)
        let samples = inputs.map(Double.init).split(into: batch)
        let expected = try Reference(model, isTraining: false).values(samples)
        _ = observing.input.update(fromContentsOf: inputs)
        try observing.forward()
        for (index, name) in names.enumerated() {
            let error = Difference(Array(observing.value(of: name)), expected[index].flatMap { $0 })
            #expect(error.relative < 1e-4, "\(network.name), \(name): \(error)")
        }
        let outputs = expected[model.graph.outputs[0]].flatMap { $0 }
        let error = Difference(try fused.run(inputs), outputs)
        #expect(error.relative < 1e-4, "\(network.name): \(error)")
        let fast = try FloatEngine(model, batch: batch, threads: 2, sumsPlainly: false)
        let fastError = Difference(try fast.run(inputs), outputs)
        #expect(fastError.relative < 1e-3, "\(network.name): \(fastError)")
    }

    @Test func stepAtTheEnd() throws {
        let model = try Case("step", [5]) { Dense(4); Step() }.model(seed: 3)
        let inputs = Noise.values(50, seed: 5)
        let outputs = try FloatEngine(model, batch: 4, threads: 1).run(inputs)
        let expected = try Reference(model, isTraining: false).values(inputs.map(Double.init).split(into: 10))
        #expect(outputs.map(Double.init) == expected.last!.flatMap { $0 })
        #expect(Set(outputs) == [0, 1])
    }

    @Test func dropoutDoesNothingInInference() throws {
        let model = try Case("dropout", [5]) { Dense(4); Dropout(0.5); Dense(3) }.model(seed: 3)
        let inputs = Noise.values(20, seed: 5) + Noise.values(5, seed: 6)
        let expected = try Reference(model, isTraining: false).values(inputs.map(Double.init).split(into: 5))
        let error = Difference(try FloatEngine(model, batch: 2).run(inputs), expected.last!.flatMap { $0 })
        #expect(error.relative < 1e-5)
    }

    @Test func twoInputsAndOutputs() throws {
        var graph = Graph()
        let left = graph.append(.input([3]), inputs: [])
        let right = graph.append(.input([3]), inputs: [])
        let sum = graph.append(.add, inputs: [left, right])
        let relu = graph.append(.activation(.relu), inputs: [sum])
        graph.outputs = [relu, sum]
        let engine = try FloatEngine(Model(graph: graph, seed: 1), batch: 1)
        _ = engine.input(0).update(fromContentsOf: [1, -2, 3])
        _ = engine.input(1).update(fromContentsOf: [1, 1, -9])
        try engine.forward()
        #expect(Array(engine.output(0)) == [2, 0, 0])
        #expect(Array(engine.output(1)) == [2, -1, -6])
    }

    @Test func errorsAreSentences() throws {
        let model = try Case("dense", [5]) { Dense(4) }.model(seed: 3)
        #expect(throws: TrainError("the graph has no layer 'conv' to observe")) {
            try FloatEngine(model, observing: ["conv"])
        }
        #expect(throws: TrainError("7 values are no whole number of samples of 5")) {
            try FloatEngine(model).run([Float](repeating: 0, count: 7))
        }
        #expect(throws: TrainError.self) { try FloatEngine(model, batch: 0) }
    }
}

/// The largest difference of two lists, relative to the largest value.
struct Difference: CustomStringConvertible {
    let relative: Double
    let description: String

    /// - Parameter scale: What small values are compared with.
    init(_ values: [Float], _ expected: [Double], scale least: Double = 1e-3) {
        guard values.count == expected.count else {
            relative = .infinity
            description = "\(values.count) values, \(expected.count) expected"
            return
        }
        let scale = expected.map(abs).max() ?? 0
        let worst = zip(values, expected).map { abs(Double($0) - $1) }.enumerated().max { $0.element < $1.element }
        relative = values.allSatisfy(\.isFinite) ? (worst?.element ?? 0) / max(scale, least) : .infinity
        let index = worst?.offset ?? 0
        description = values.isEmpty ? "no values" : "at \(index): \(values[index]), expected \(expected[index])"
    }
}

extension Array {
    func split(into parts: Int) -> [[Element]] {
        let size = count / parts
        return (0..<parts).map { Array(self[$0 * size..<($0 + 1) * size]) }
    }
}
