// SPDX-License-Identifier: Apache-2.0
// Every tensor of the program beside its float values, on some of the test samples.

import Dispatch
import NNQFormat
import NNQGraph
import NNQQuantize
import Synchronization

struct LayerPass {
    private(set) var samples = 0
    private let quantized: Quantized
    private let pool: RuntimePool
    /// Tensors that stand for a float node, inputs first.
    private let tensors: [Int]
    private var tallies: [LayerTally]

    init(_ quantized: Quantized, _ pool: RuntimePool) {
        self.quantized = quantized
        self.pool = pool
        let program = quantized.program
        tensors = program.tensors.indices.filter { tensor in
            quantized.nodeOfTensor[tensor] != nil && program.tensors[tensor].type != .int32
        }
        tallies = tensors.map { tensor in
            let op = tensor - program.inputCount
            return LayerTally(
                program.tensors[tensor], op: op < 0 ? "input" : program.operations[op].operation.name)
        }
    }

    var figures: [LayerFigures] { tallies.map(\.figures) }

    /// - Returns: the pass, done.
    func run(_ source: some FloatSource, _ analysis: Analysis, progress: (Int, Int) -> Void) throws -> LayerPass {
        let limit = min(analysis.samples, analysis.layerSamples, source.count)
        var pass = self
        let nodes = try quantized.inputNodes() + tensors.map { quantized.nodeOfTensor[$0]! }
        try source.forEachBatch(of: quantized.foldedModel, nodes: nodes, limit: limit) { batch in
            try pass.add(batch)
            progress(pass.samples, limit)
        }
        return pass
    }

    private mutating func add(_ batch: FloatBatch) throws {
        let quantized = quantized
        let int8 = try pool.run(batch.count, reading: tensors) { quantized.inputs($0, of: batch) }
        let exact = batch.values.suffix(tensors.count)
        let old = tallies
        // A thread a layer: their sums are apart.
        let done = Mutex<[Int: Result<LayerTally, any Error>]>([:])
        DispatchQueue.concurrentPerform(iterations: old.count) { place in
            let result = Result {
                var tally = old[place]
                try tally.add(exact[exact.startIndex + place], int8.map { $0[place] })
                return tally
            }
            done.withLock { $0[place] = result }
        }
        for (place, result) in done.withLock({ $0 }) {
            do { tallies[place] = try result.get() } catch is NotFinite {
                throw QuantizeError(
                    "'\(quantized.program.tensors[tensors[place]].name)': the float model's values are infinite or "
                        + "not numbers on test samples: check the data")
            }
        }
        samples += batch.count
    }
}
