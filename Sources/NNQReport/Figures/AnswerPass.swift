// SPDX-License-Identifier: Apache-2.0
// Both models' outputs on all test samples.

import NNQFormat
import NNQGraph
import NNQQuantize

struct AnswerPass {
    private(set) var tally: AnswerTally
    private(set) var worst: WorstSamples
    private let quantized: Quantized
    private let pool: RuntimePool
    private let output: Int

    init(_ quantized: Quantized, _ pool: RuntimePool) {
        self.quantized = quantized
        self.pool = pool
        output = quantized.program.outputs[0]
        let metadata = quantized.foldedModel.metadata
        tally = AnswerTally(
            metadata.task, outputs: quantized.program.tensors[output].count, classes: metadata.classes)
        worst = WorstSamples(metadata.task)
    }

    /// - Returns: the pass, done.
    func run(
        _ source: some FloatSource, _ analysis: Analysis, progress: (Int, Int) -> Void
    ) throws -> AnswerPass {
        let limit = min(analysis.samples, source.count)
        let model = quantized.foldedModel
        let end = model.graph.nodes[model.graph.outputs[0]].name
        var pass = self
        pass.worst = WorstSamples(model.metadata.task, limit: analysis.worstSamples)
        let nodes = try quantized.inputNodes() + [end]
        try source.forEachBatch(of: model, nodes: nodes, limit: limit) { batch in
            try pass.add(batch)
            progress(pass.tally.samples, limit)
        }
        return pass
    }

    private mutating func add(_ batch: FloatBatch) throws {
        guard batch.targets.count == batch.count else {
            throw QuantizeError("the data says of no sample what the answer should be: report on data that does")
        }
        let quantized = quantized
        let int8 = try pool.run(batch.count, reading: [output]) { quantized.inputs($0, of: batch) }
        let tensor = quantized.program.tensors[output]
        let first = tally.samples
        for sample in 0..<batch.count {
            let float = Array(batch.values.last![sample * tensor.count..<(sample + 1) * tensor.count])
            let real = tensor.dequantized(int8[sample][0])
            tally.add(float, real, target: batch.targets[sample])
            worst.add(first + sample, float, real, target: batch.targets[sample])
        }
    }
}
