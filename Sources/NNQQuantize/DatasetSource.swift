// SPDX-License-Identifier: Apache-2.0
// Float values from a data set and the training engine.

import NNQData
import NNQGraph
import NNQTrain

/// A data set run through float models by NNQTrain's engine.
public struct DatasetSource: FloatSource {
    public let dataset: any Dataset
    /// Samples that run at a time.
    public let batchSize: Int
    /// 0 takes one for each processor.
    public let threads: Int

    public init(_ dataset: any Dataset, batchSize: Int = 64, threads: Int = 0) {
        self.dataset = dataset
        self.batchSize = batchSize
        self.threads = threads
    }

    public var count: Int { dataset.count }

    /// Where fewer than all samples are asked for, they are spread evenly over the set, since sets are often sorted
    /// by class.
    /// - Throws: `TrainError` where data and model do not fit, `DataError`.
    public func forEachBatch(
        of model: Model, nodes: [String], limit: Int, _ body: (FloatBatch) throws -> Void
    ) throws {
        let chosen = try limit < count ? Subset(dataset, indices: (0..<limit).map { $0 * count / limit }) : dataset
        let engine = try FloatEngine(
            model, batch: min(batchSize, chosen.count), observing: nodes, threads: threads)
        var batches = try Batches(chosen, for: model, batchSize: engine.batch, shuffle: false, dropLast: false)
        let width = max(chosen.target.count, 1)
        let targets = UnsafeMutableBufferPointer<Float>.allocate(capacity: engine.batch * width)
        defer { targets.deallocate() }
        var done = 0
        while done < chosen.count {
            let rows = batches.next(into: engine.input, targets: targets)
            try engine.forward()
            let values = nodes.map { name in
                let all = engine.value(of: name)
                return Array(all.prefix(all.count / engine.batch * rows))
            }
            try body(
                FloatBatch(count: rows, values: values, targets: (done..<done + rows).map { Self.target(chosen, $0) }))
            done += rows
        }
    }

    static func target(_ dataset: any Dataset, _ index: Int) -> FloatBatch.Target {
        dataset.classNames == nil ? .values(dataset.targetValues(index)) : .label(dataset.label(index))
    }
}
