// SPDX-License-Identifier: Apache-2.0
// The samples that int8 harms most.

import NNQGraph
import NNQQuantize

/// A sample, and what both models say of it.
public struct DegradedSample: Hashable, Codable, Sendable {
    /// In the data set.
    public var index: Int
    public var target: [Float]
    public var float: [Float]
    public var int8: [Float]
    /// Of classes: by how much the right output's lead over the best other shrinks. Of numbers: by how much the mean
    /// absolute error grows.
    public var loss: Double
}

/// Keeps the worst few of a stream.
struct WorstSamples {
    private let task: NNQGraph.Task
    private let limit: Int
    /// The worst first; of equals, the first seen.
    private(set) var samples: [DegradedSample] = []

    init(_ task: NNQGraph.Task, limit: Int = 12) {
        self.task = task
        self.limit = limit
    }

    mutating func add(_ index: Int, _ float: [Float], _ int8: [Float], target: FloatBatch.Target) {
        let wanted = target.values(float.count)
        let loss = quality(float, wanted) - quality(int8, wanted)
        guard loss > 0, samples.count < limit || loss > samples[limit - 1].loss else { return }
        let place = samples.firstIndex { loss > $0.loss } ?? samples.count
        samples.insert(
            DegradedSample(index: index, target: wanted, float: float, int8: int8, loss: loss), at: place)
        if samples.count > limit { samples.removeLast() }
    }

    /// Larger is better.
    private func quality(_ output: [Float], _ wanted: [Float]) -> Double {
        guard task == .classification else {
            let sum = zip(output, wanted).reduce(0) { $0 + abs(Double($1.0) - Double($1.1)) }
            return -sum / Double(output.count)
        }
        let right = task.answer(wanted)[0]
        let best = output.indices.filter { $0 != right }.map { output[$0] }.max() ?? 0
        return Double(output[right]) - Double(best)
    }
}
