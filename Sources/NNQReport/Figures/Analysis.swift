// SPDX-License-Identifier: Apache-2.0
// Runs float and int8 on test samples and adds up the figures of a report.

import Foundation
import NNQFormat
import NNQGraph
import NNQQuantize

/// What to look at, and how closely.
public struct Analysis: Sendable {
    /// Test samples that both models answer.
    public var samples: Int
    /// Of these, at most so many on which every layer is looked at.
    public var layerSamples: Int
    /// At most so many on which layers change sides one by one, which takes two runs a layer.
    public var swapSamples: Int
    /// Samples shown as the worst.
    public var worstSamples: Int
    /// 0 takes one for each processor.
    public var threads: Int

    public init(
        samples: Int = .max, layerSamples: Int = 500, swapSamples: Int = 500, worstSamples: Int = 12, threads: Int = 0
    ) {
        self.samples = samples
        self.layerSamples = layerSamples
        self.swapSamples = swapSamples
        self.worstSamples = worstSamples
        self.threads = threads
    }

    /// What an analysis is at.
    public enum Stage: String, Sendable {
        case answering, layers, swapping
    }

    /// - Parameters:
    ///   - quantized: the model, as the quantizer left it.
    ///   - file: what is shipped: its plan and its size are reported.
    ///   - fileBytes: of it, as written.
    ///   - source: test samples, and an engine that rounds as `Metadata.fakeQuantization` says.
    ///   - names: of the model and of the data.
    ///   - progress: told what is done of a stage and how much it is in all.
    /// - Throws: `QuantizeError` where there are no samples; what the engines throw.
    public func figures(
        of quantized: Quantized, file: ProgramFile, fileBytes: Int, source: some FloatSource,
        names: (model: String, data: String), progress: (Stage, Int, Int) -> Void = { _, _, _ in }
    ) throws -> QuantizationFigures {
        guard min(samples, source.count) > 0 else { throw QuantizeError("there are no test samples to report on") }
        let bytes = try ProgramFile(quantized.program).encoded()
        let pool = try RuntimePool(bytes, of: quantized.program, threads: threads)
        let answers = try AnswerPass(quantized, pool).run(source, self) { progress(.answering, $0, $1) }
        let layers = try LayerPass(quantized, pool).run(source, self) { progress(.layers, $0, $1) }
        let swaps = try quantized.layerSwaps(source: source, samples: min(samples, swapSamples)) {
            progress(.swapping, $0, $1)
        }
        var figures = QuantizationFigures(
            model: names.model, data: names.data, samples: answers.tally.samples, layerSamples: layers.samples,
            answers: answers.tally.answers, values: answers.tally.values, layers: layers.figures,
            weights: try quantized.weightFigures, swaps: swaps, worst: answers.worst.samples,
            memory: MemoryFigures(file, fileBytes: fileBytes), methods: quantized.report,
            training: quantized.foldedModel.metadata.history, advice: [])
        figures.advice = Advice.all(for: figures)
        return figures
    }
}

extension Quantized {
    var weightFigures: [WeightFigures] {
        get throws {
            try weights.compactMap { weights in
                try foldedModel.parameters["\(weights.layer).weight"].map {
                    try WeightFigures(weights, exact: $0.values)
                }
            }
        }
    }

    /// The program's inputs for one sample of a batch whose first values are the inputs'.
    func inputs(_ sample: Int, of batch: FloatBatch) -> [[Int8]] {
        (0..<program.inputCount - program.stateCount).map { index in
            let tensor = program.tensors[index]
            return tensor.quantized(Array(batch.values[index][sample * tensor.count..<(sample + 1) * tensor.count]))
        }
    }

    /// Names of the float nodes of the program's inputs.
    func inputNodes() throws -> [String] {
        try (0..<program.inputCount - program.stateCount).map { index in
            guard let node = nodeOfTensor[index] else {
                throw QuantizeError("input \(index) of the program is no layer of the float model: quantize it again")
            }
            return node
        }
    }
}
