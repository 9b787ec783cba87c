// SPDX-License-Identifier: Apache-2.0
// Where quantization gets the values of a float model from.

import NNQGraph

/// The values of some nodes of a float model for a few samples.
public struct FloatBatch: Sendable {
    /// Samples in the batch.
    public var count: Int
    /// By node, in the order asked for: `count` samples one after the other, each NHWC.
    public var values: [[Float]]
    /// What the samples should give: for each sample its class, or its target values. Empty where unknown.
    public var targets: [Target]

    /// What a model should answer to one sample.
    public enum Target: Hashable, Sendable {
        case label(Int)
        case values([Float])
    }

    public init(count: Int, values: [[Float]], targets: [Target] = []) {
        self.count = count
        self.values = values
        self.targets = targets
    }
}

/// Samples together with an engine that runs float models over them.
///
/// Calibration and comparison see a float model through this protocol alone, so any engine and any data will do.
public protocol FloatSource {
    /// Samples that there are.
    var count: Int { get }

    /// Runs `model` over the first `limit` samples and calls `body` batch by batch, in the same order every time.
    /// - Parameter nodes: names of the nodes wanted; an `input` node's value is the sample as the graph sees it.
    /// - Throws: what the engine or `body` throws.
    func forEachBatch(
        of model: Model, nodes: [String], limit: Int, _ body: (FloatBatch) throws -> Void
    ) throws
}
