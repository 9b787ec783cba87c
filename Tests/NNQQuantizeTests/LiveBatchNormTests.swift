// SPDX-License-Identifier: Apache-2.0
// Batch norms that stay for the first epochs of training for int8, and are frozen then.

import Foundation
import NNQBase
import NNQData
import NNQFormat
import NNQGraph
import NNQQuantize
import NNQTrain
import Testing

@Suite struct LiveBatchNormTests {
    /// Batch norms behind a convolution, with and without a function after them, and behind a depthwise one.
    private static func network(_ seed: UInt64) throws -> NNQGraph.Model {
        let metadata = Metadata(normalization: Normalization(mean: [128], std: [64]), hasByteInput: true)
        var model = try NNQGraph.Model.random(seed: seed, input: [8, 8, 3], metadata: metadata) { graph, input in
            let window = Window(kernel: 3, padding: .same)
            func normalized(_ layer: Layer, _ node: Int) -> Int {
                graph.append(.batchNorm(epsilon: 1e-3, momentum: 0.1), inputs: [graph.append(layer, inputs: [node])])
            }
            let first = graph.append(
                .activation(.relu),
                inputs: [normalized(.conv2D(filters: 8, window: window, groups: 1, bias: true), input)])
            let second = normalized(.depthwiseConv2D(multiplier: 1, window: window, bias: false), first)
            let sum = graph.append(.add, inputs: [first, second])
            let pooled = graph.append(.globalAveragePool, inputs: [sum])
            return graph.append(.dense(units: 5, bias: true), inputs: [pooled])
        }
        // A batch norm may turn a channel over.
        model.parameters["batch_norm_1.weight"]!.values[2] = -0.7
        return model
    }

    private static func pictures(_ seed: UInt64, count: Int = 96) throws -> ByteDataset {
        var rng = Rng(seed: seed, stream: 91)
        let pixels = (0..<count * 192).map { _ in UInt8(max(0, min(255, 60 * rng.normal() + 128))) }
        return try ByteDataset(
            name: "noise", shape: [8, 8, 3], classes: (0..<5).map(String.init), pixels: pixels,
            labels: (0..<count).map { UInt16($0 % 5) })
    }

    private static func prepared(_ seed: UInt64) throws -> (model: NNQGraph.Model, data: ByteDataset) {
        let data = try pictures(seed)
        let model = try Quantizer().prepared(
            network(seed), calibration: DatasetSource(data, threads: 1), keepsBatchNorms: true)
        return (model, data)
    }

    private static func options(epochs: Int) -> TrainingOptions {
        TrainingOptions(epochs: epochs, batchSize: 16, optimizer: .adam(learningRate: 1e-3), threads: 1)
    }

    private static func freezing(after epochs: Int) -> ModelChange {
        ModelChange(afterEpochs: epochs) { try $0.freezingBatchNorms() }
    }

    @Test(arguments: UInt64(0)..<4)
    func freezingKeepsEveryWeightsInteger(_ seed: UInt64) throws {
        let (start, data) = try Self.prepared(seed)
        let live = try Trainer(Self.options(epochs: 1)).train(start, on: data).model
        #expect(live.graph == (try Self.network(seed)).graph)
        #expect(live.parameters["batch_norm_1.running_mean"] != start.parameters["batch_norm_1.running_mean"])
        let frozen = try live.freezingBatchNorms()
        #expect(!frozen.graph.nodes.contains { if case .batchNorm = $0.layer { true } else { false } })
        #expect(frozen.metadata.fakeQuantization?.zeroPoints["depthwise_conv2d_1"] != nil)
        for (name, batchNorm) in [("conv2d_1", "batch_norm_1"), ("depthwise_conv2d_1", "batch_norm_2")] {
            let gamma = live.parameters["\(batchNorm).weight"]!.values
            let before = Self.integers(live, name)
            let after = Self.integers(frozen, name)
            let terms = before.count / gamma.count
            for place in before.indices {
                let sign = gamma[place / terms] < 0 ? -1 : 1
                #expect(after[place] == before[place] * sign, "seed \(seed): \(name), weight \(place)")
            }
        }
        // At inference both use the running statistics: as far apart as two ways to round are.
        let outputs = try [live, frozen].map { try DatasetSource(data, threads: 1).outputs(of: $0) }
        for (left, right) in zip(outputs[0], outputs[1]) { #expect(left.isClose(to: right, tolerance: 0.1)) }
    }

    private static func integers(_ model: NNQGraph.Model, _ layer: String) -> [Int] {
        let (weight, scale) = (model.parameters["\(layer).weight"]!, model.parameters["\(layer).weight_log2_scale"]!)
        let terms = weight.count / scale.count
        return weight.values.enumerated().map { place, value in
            Int(min(max((Double(value) / exp2(Double(scale.values[place / terms]))).rounded(), -127), 127))
        }
    }

    @Test func frozenEpochsTrainWhatRuns() throws {
        let (start, data) = try Self.prepared(5)
        let model = try Trainer(Self.options(epochs: 3)).train(start, on: data, changing: Self.freezing(after: 2)).model
        let quantized = try Quantizer().quantize(trained: model)
        #expect(quantized.foldedModel.graph == model.graph)
        let oracle = OracleRunner(program: quantized.program)
        let (tensor, node) = (quantized.program.tensors.count - 1, quantized.nodeOfTensor.last!!)
        var sample = 0
        try DatasetSource(data, threads: 1).forEachBatch(of: model, nodes: [node], limit: data.count) { batch in
            for row in 0..<batch.count {
                let input = data.sample(sample).map { Int8(Int($0) - 128) }
                sample += 1
                let integers = try oracle.run([input], reading: [tensor])[0]
                let values = Array(batch.values[0][row * 5..<(row + 1) * 5])
                #expect(values == quantized.program.tensors[tensor].dequantized(integers))
            }
        }
        #expect(sample == data.count)
    }

    /// Stopped before the change, right at it, or after it.
    @Test(arguments: [5, 6, 12, 13, 17])
    func aStoppedRunGivesTheSameBytes(_ step: Int) throws {
        let (start, data) = try Self.prepared(6)
        let trainer = Trainer(Self.options(epochs: 3))
        let change = Self.freezing(after: 2)
        let whole = try trainer.train(start, on: data, changing: change).model
        let stopped = try trainer.train(start, on: data, changing: change) { $0.step < step }
        #expect(!stopped.isFinished)
        let resumed = try trainer.train(start, on: data, changing: change, resuming: stopped.checkpoint).model
        #expect(resumed.parameters == whole.parameters && resumed.graph == whole.graph)
    }

    @Test func aModelStoppedBeforeIsFrozenWhereItIsQuantized() throws {
        let (start, data) = try Self.prepared(7)
        let live = try Trainer(Self.options(epochs: 1)).train(start, on: data).model
        let program = try Quantizer().quantize(trained: live).program
        #expect(try program == Quantizer().quantize(trained: live.freezingBatchNorms()).program)
        let counterpart = try program.floatCounterpart(of: live)
        #expect(try counterpart.model == live.freezingBatchNorms())
    }

    @Test func batchNormsThatNothingTakesUpAreRefused() throws {
        let model = try NNQGraph.Model.random(seed: 1, input: [8, 8, 3]) { graph, input in
            let norm = graph.append(.batchNorm(epsilon: 1e-3, momentum: 0.1), inputs: [input])
            return graph.append(.dense(units: 5, bias: true), inputs: [graph.append(.flatten, inputs: [norm])])
        }
        let source = DatasetSource(try Self.pictures(1), threads: 1)
        let error = #expect(throws: QuantizeError.self) {
            try Quantizer().prepared(model, calibration: source, keepsBatchNorms: true)
        }
        #expect(error?.description.contains("'batch_norm_1'") == true)
        #expect(error?.description.contains("--freeze-batch-norm") == true)
    }
}
