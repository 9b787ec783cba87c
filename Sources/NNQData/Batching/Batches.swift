// SPDX-License-Identifier: Apache-2.0
// Batches of a data set in an order that seed and epoch alone decide.

import NNQBase

/// Where a run stands: all that is needed to continue with exactly the batches that would have followed.
public struct BatchPosition: Sendable, Equatable, Codable {
    public var seed: UInt64
    /// Passes over the whole set so far.
    public var epoch: Int
    /// Next batch of this epoch.
    public var batch: Int

    public init(seed: UInt64, epoch: Int = 0, batch: Int = 0) {
        self.seed = seed
        self.epoch = epoch
        self.batch = batch
    }
}

/// Fills a caller's buffers with batches `[n, height, width, channels]`, shuffled, augmented and normalised.
///
/// Everything random comes from (seed, epoch, place in the epoch), so the same position gives the same bytes on every
/// machine, and any batch can be filled at any time. A value type: a copy may run ahead on another thread.
public struct Batches: Sendable {
    public let dataset: any Dataset
    public let batchSize: Int
    public let shuffled: Bool
    public let dropsLast: Bool
    public let augmentation: Augmentation
    /// The batch that `next` fills next.
    public private(set) var position: BatchPosition

    private let filler: SampleFiller
    private var order: [Int32]
    private var orderedEpoch = -1

    /// Prepares batches of `dataset` from `seed`'s first epoch on.
    ///
    /// With `dropLast` a last batch shorter than `batchSize` is left out. Normalisation for another number of
    /// channels, augmentation of anything but images, and a set smaller than one full batch with `dropLast` throw.
    public init(
        _ dataset: any Dataset, batchSize: Int, seed: UInt64 = 1, shuffle: Bool = true, dropLast: Bool = false,
        normalization: Normalization = .identity, augmentation: Augmentation = .none
    ) throws(DataError) {
        guard batchSize > 0 else { throw DataError("the batch size is \(batchSize)", remedy: "Use at least 1") }
        guard !dropLast || dataset.count >= batchSize else {
            throw DataError(
                "\(dataset.name) holds \(dataset.count) samples, less than one batch of \(batchSize)",
                remedy: "Use a smaller batch, or keep the last short one")
        }
        guard augmentation == .none || dataset.sampleShape.count == 3 else {
            throw DataError(
                "augmentation needs images, \(dataset.name) has samples of shape \(dataset.sampleShape)",
                remedy: "Turn flip, crop, shift and cutout off")
        }
        self.dataset = dataset
        self.batchSize = batchSize
        self.shuffled = shuffle
        self.dropsLast = dropLast
        self.augmentation = augmentation
        self.position = BatchPosition(seed: seed)
        self.filler = try SampleFiller(dataset, normalization)
        self.order = []
    }

    /// Batches in one epoch, at least 1.
    public var batchesPerEpoch: Int {
        dropsLast ? dataset.count / batchSize : (dataset.count + batchSize - 1) / batchSize
    }

    /// Samples in batch `batch` of an epoch.
    public func size(ofBatch batch: Int) -> Int { min(batchSize, dataset.count - batch * batchSize) }

    /// Continues at `position`: what `next` fills from here on is what it would have filled without the break.
    public mutating func resume(at position: BatchPosition) {
        precondition(position.epoch >= 0 && position.batch >= 0 && position.batch <= batchesPerEpoch)
        if position.seed != self.position.seed { orderedEpoch = -1 }
        self.position = position
        wrap()
    }

    /// Fills the next batch with classes and steps on, into the next epoch after the last one.
    ///
    /// `inputs` holds at least `batchSize * sampleSize` floats, `labels` at least `batchSize`. Returns how many samples
    /// were filled.
    public mutating func next(
        into inputs: UnsafeMutableBufferPointer<Float>, labels: UnsafeMutableBufferPointer<Int32>
    ) -> Int {
        let chosen = fillInputs(inputs)
        precondition(labels.count >= chosen.count)
        for (row, place) in chosen.enumerated() { labels[row] = Int32(dataset.label(Int(order[place]))) }
        advance()
        return chosen.count
    }

    /// Fills the next batch with target values (`target.count` a sample; one-hot for classes) and steps on.
    public mutating func next(
        into inputs: UnsafeMutableBufferPointer<Float>, targets: UnsafeMutableBufferPointer<Float>
    ) -> Int {
        let chosen = fillInputs(inputs)
        let width = dataset.target.count
        precondition(targets.count >= chosen.count * width)
        for (row, place) in chosen.enumerated() {
            let part = UnsafeMutableBufferPointer(rebasing: targets[row * width..<(row + 1) * width])
            dataset.copyTarget(Int(order[place]), into: part)
        }
        advance()
        return chosen.count
    }

    /// The order in which `epoch` visits the samples.
    public func sampleOrder(epoch: Int) -> [Int32] {
        var order = (0..<Int32(dataset.count)).map { $0 }
        guard shuffled else { return order }
        var rng = Rng(seed: position.seed, stream: 0x0bde_0bde, UInt64(epoch))
        rng.shuffle(&order)
        return order
    }

    /// Fills the inputs of the current batch; returns the places in `order` that it took.
    private mutating func fillInputs(_ inputs: UnsafeMutableBufferPointer<Float>) -> Range<Int> {
        if orderedEpoch != position.epoch {
            order = sampleOrder(epoch: position.epoch)
            orderedEpoch = position.epoch
        }
        let first = position.batch * batchSize
        let chosen = first..<min(first + batchSize, dataset.count)
        let size = dataset.sampleSize
        precondition(inputs.count >= chosen.count * size)
        let epochStream = UInt64(position.epoch) << 32
        for place in chosen {
            var draw = Augmentation.Draw()
            if augmentation != .none {
                var rng = Rng(seed: position.seed, stream: 0xa09_3e47, epochStream | UInt64(place))
                draw = augmentation.draw(&rng, height: dataset.sampleShape[0], width: dataset.sampleShape[1])
            }
            filler.fill(dataset, Int(order[place]), draw, into: inputs.baseAddress! + (place - first) * size)
        }
        return chosen
    }

    private mutating func advance() {
        position.batch += 1
        wrap()
    }

    private mutating func wrap() {
        guard position.batch >= batchesPerEpoch else { return }
        position.epoch += 1
        position.batch = 0
    }
}
