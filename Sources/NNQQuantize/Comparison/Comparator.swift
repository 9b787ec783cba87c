// SPDX-License-Identifier: Apache-2.0
// Runs a float model and its int8 program on the same samples and compares answers and layers.

import NNQFormat
import NNQGraph

extension Quantized {
    /// Compares the program with the float model that it was made from; see `compare(_:nodeOfTensor:with:runner:...)`.
    public func compare(
        runner: inout some ProgramRunner & ~Copyable, source: some FloatSource, samples: Int = .max,
        progress: (Int, Int) -> Void = { _, _ in }
    ) throws -> Comparison {
        try NNQQuantize.compare(
            foldedModel, program, nodeOfTensor: nodeOfTensor, runner: &runner, source: source, samples: samples,
            progress: progress)
    }
}

/// Compares a float model with an int8 program.
/// - Parameters:
///   - model: the model whose layers the program's tensors stand for: the rewritten one, of which accuracy is the same.
///   - nodeOfTensor: by tensor of the program, the float node that it stands for; layers without one are left out,
///     and so are those of which the program lost channels.
///   - runner: runs `program`.
///   - samples: at most so many.
///   - progress: told the samples done and their number in all.
/// - Throws: `QuantizeError` where there are no samples or the two do not fit together; what the engines throw.
public func compare(
    _ model: Model, _ program: Program, nodeOfTensor: [String?], runner: inout some ProgramRunner & ~Copyable,
    source: some FloatSource, samples: Int = .max, progress: (Int, Int) -> Void = { _, _ in }
) throws -> Comparison {
    let limit = min(samples, source.count)
    guard limit > 0 else { throw QuantizeError("there are no samples to compare on") }
    var tally = try ComparisonTally(model, program, nodeOfTensor)
    try source.forEachBatch(of: model, nodes: tally.nodes, limit: limit) { batch in
        try tally.add(batch, &runner)
        progress(tally.samples, limit)
    }
    return tally.comparison
}

/// The sums of a comparison in progress.
private struct ComparisonTally {
    /// The float nodes whose values are needed.
    let nodes: [String]
    private(set) var samples = 0
    private let program: Program
    private let task: Task
    /// Tensors to read, the program's inputs first; the nodes are theirs.
    private let tensors: [Int]
    private let outputPlace: Int
    private var floatScorer: Scorer
    private var int8Scorer: Scorer
    private var agreeing = 0
    private var layers: [SignalToNoise]
    private let leftOut: [String]

    init(_ model: Model, _ program: Program, _ nodeOfTensor: [String?]) throws {
        let shapes = zip(model.graph.nodes, try model.graph.shapes())
        let counts = Dictionary(shapes.map { ($0.name, $1.count) }) { first, _ in first }
        let known = program.tensors.indices.filter { tensor in
            tensor < nodeOfTensor.count && nodeOfTensor[tensor].map { counts[$0] != nil } == true
        }
        // Channels that nothing needs may be gone inside of the program, never at its ends.
        let narrowed = known.filter { tensor in
            let isInside = tensor >= program.inputCount && !program.outputs.contains(tensor)
            return isInside && program.tensors[tensor].count < counts[nodeOfTensor[tensor]!]!
        }
        leftOut = narrowed.map { program.tensors[$0].name }
        tensors = known.filter { !narrowed.contains($0) }
        guard tensors.starts(with: 0..<program.inputCount), let output = program.outputs.first,
            let place = tensors.firstIndex(of: output)
        else {
            throw QuantizeError(
                "the program's inputs and outputs are not layers of this float model: quantize it again")
        }
        nodes = tensors.map { nodeOfTensor[$0]! }
        outputPlace = place
        self.program = program
        task = model.metadata.task
        floatScorer = Scorer(task)
        int8Scorer = floatScorer
        layers = tensors.map { _ in SignalToNoise() }
    }

    mutating func add(_ batch: FloatBatch, _ runner: inout some ProgramRunner & ~Copyable) throws {
        let sizes = try zip(tensors, batch.values).map { tensor, values in
            let size = program.tensors[tensor].count
            guard values.count == size * batch.count else {
                throw QuantizeError(
                    "'\(program.tensors[tensor].name)' has \(size) elements in the program and "
                        + "\(values.count / batch.count) in the float model: they are not the same network")
            }
            return size
        }
        for sample in 0..<batch.count {
            let exact = zip(batch.values, sizes).map { Array($0[sample * $1..<(sample + 1) * $1]) }
            let target = sample < batch.targets.count ? batch.targets[sample] : nil
            try add(exact, target, &runner)
        }
    }

    private mutating func add(
        _ exact: [[Float]], _ target: FloatBatch.Target?, _ runner: inout some ProgramRunner & ~Copyable
    ) throws {
        let inputs = (0..<program.inputCount).map { program.tensors[$0].quantized(exact[$0]) }
        let values = try runner.run(inputs, reading: tensors)
        var output: [Float] = []
        for (place, tensor) in tensors.enumerated() {
            let real = program.tensors[tensor].dequantized(values[place])
            layers[place].add(exact[place], real)
            if place == outputPlace { output = real }
        }
        samples += 1
        if task.answer(output) == task.answer(exact[outputPlace]) { agreeing += 1 }
        guard let target else { return }
        floatScorer.add(exact[outputPlace], target: target)
        int8Scorer.add(output, target: target)
    }

    var comparison: Comparison {
        let layers = zip(tensors, layers).dropFirst(program.inputCount).map { tensor, layer in
            Comparison.Layer(
                name: program.tensors[tensor].name, sqnr: layer.decibels, largestError: layer.largestError)
        }
        return Comparison(
            samples: samples, float: floatScorer.score, int8: int8Scorer.score,
            agreement: task == .regression ? nil : Double(agreeing) / Double(samples), layers: layers,
            leftOut: leftOut.isEmpty ? nil : leftOut)
    }
}
