// SPDX-License-Identifier: Apache-2.0
// Random models and samples for tests.

import NNQBase
import NNQFormat
import NNQGraph
import NNQQuantize

extension Rng {
    mutating func values(_ count: Int, scale: Float = 1) -> [Float] { (0..<count).map { _ in scale * normal() } }

    mutating func samples(_ count: Int, of shape: Shape) -> [[Float]] { (0..<count).map { _ in values(shape.count) } }

    mutating func pick(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }
}

extension Model {
    /// A model of one input with random biases and batch-norm statistics, as if trained.
    static func random(
        seed: UInt64, input: Shape, metadata: Metadata = Metadata(), _ build: (inout Graph, Int) -> Int
    ) throws -> Model {
        var graph = Graph()
        let start = graph.append(.input(input), inputs: [], name: "input")
        graph.outputs = [build(&graph, start)]
        return try random(seed: seed, graph, metadata: metadata)
    }

    static func random(seed: UInt64, _ graph: Graph, metadata: Metadata = Metadata()) throws -> Model {
        var model = try Model(graph: graph, seed: seed, metadata: metadata)
        var rng = Rng(seed: seed, stream: 99)
        for name in model.parameters.keys.sorted() {
            let parameter = name.split(separator: ".").last!
            let isNorm = model.parameters["\(name.dropLast(parameter.count))running_var"] != nil
            for index in model.parameters[name]!.values.indices {
                switch parameter {
                case "bias", "running_mean": model.parameters[name]!.values[index] = rng.uniform(-0.5, 0.5)
                case "running_var": model.parameters[name]!.values[index] = rng.uniform(0.1, 3)
                case "weight" where isNorm: model.parameters[name]!.values[index] = rng.uniform(-1.5, 1.5)
                default: break
                }
            }
        }
        return model
    }

    /// The outputs for a sample.
    func outputs(_ sample: [Float]) throws -> [[Float]] {
        let values = try FloatInterpreter(self).values([sample])
        return graph.outputs.map { values[$0] }
    }
}

extension [Float] {
    /// Whether all elements are within `tolerance` of the other's, relative to the largest.
    func isClose(to other: [Float], tolerance: Float = 1e-4) -> Bool {
        let scale = Swift.max(1, map(abs).max() ?? 1)
        return count == other.count && zip(self, other).allSatisfy { abs($0 - $1) <= tolerance * scale }
    }
}

extension Quantized {
    /// Compares with the float model on samples, through the oracle.
    func compared(on samples: [[Float]], targets: [FloatBatch.Target] = []) throws -> Comparison {
        var runner = OracleRunner(program: program)
        return try compare(runner: &runner, source: InterpretedSamples(samples: samples, targets: targets))
    }

    /// The op that writes the only output.
    var lastOperation: Operation { program.operations[program.outputs[0] - program.inputCount].operation }
}
