// SPDX-License-Identifier: Apache-2.0
// Right and wrong answers, by what a model's output means.

import NNQGraph

extension Task {
    /// What an output says: the index of the (first) largest element; or for each element yes or no; of regression
    /// nothing.
    package func answer(_ output: [Float]) -> [Int] {
        switch self {
        case .classification: [output.indices.max { output[$0] < output[$1] }!]
        case .binary: output.map { $0 > 0.5 ? 1 : 0 }
        case .regression: []
        }
    }
}

extension FloatBatch.Target {
    /// The outputs wanted: a class is 1 among zeros, or its number where there is one output.
    package func values(_ outputs: Int) -> [Float] {
        switch self {
        case .values(let values): return values
        case .label(let label):
            return outputs == 1 ? [Float(label)] : (0..<outputs).map { $0 == label ? 1 : 0 }
        }
    }
}

/// Adds up how good answers are, in double precision.
struct Scorer {
    private let task: Task
    private var samples = 0
    private var right = 0
    private var squaredError = 0.0

    init(_ task: Task) { self.task = task }

    mutating func add(_ output: [Float], target: FloatBatch.Target) {
        samples += 1
        let wanted = target.values(output.count)
        right += task.answer(output) == task.answer(wanted) ? 1 : 0
        var error = 0.0
        for (value, target) in zip(output, wanted) { error += Double(value - target) * Double(value - target) }
        squaredError += error / Double(output.count)
    }

    var score: Comparison.Score {
        guard samples > 0 else { return Comparison.Score() }
        return task == .regression
            ? Comparison.Score(squaredError: squaredError / Double(samples))
            : Comparison.Score(accuracy: Double(right) / Double(samples))
    }
}
