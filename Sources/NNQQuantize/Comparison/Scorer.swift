// SPDX-License-Identifier: Apache-2.0
// Right and wrong answers, by what a model's output means.

import NNQGraph

/// The answers to samples and how good they are.
struct Scorer {
    let task: Task
    private var answered = 0
    private var right = 0
    private var squared = 0.0
    private var measured = 0

    init(_ task: Task) { self.task = task }

    /// What an output says: the index of the (first) largest element, or for each element yes or no; of regression nothing.
    static func answer(_ task: Task, _ output: [Float]) -> [Int] {
        switch task {
        case .classification: [output.indices.max { output[$0] < output[$1] }!]
        case .binary: output.map { $0 > 0.5 ? 1 : 0 }
        case .regression: []
        }
    }

    mutating func add(_ output: [Float], target: FloatBatch.Target) {
        switch (task, target) {
        case (.classification, .label(let label)), (.binary, .label(let label)):
            tally(Self.answer(task, output) == [label])
        case (.classification, .values(let values)), (.binary, .values(let values)):
            tally(Self.answer(task, output) == Self.answer(task, values))
        case (.regression, .label(let label)): measure(output, [Float(label)])
        case (.regression, .values(let values)): measure(output, values)
        }
    }

    private mutating func tally(_ isRight: Bool) {
        answered += 1
        right += isRight ? 1 : 0
    }

    private mutating func measure(_ output: [Float], _ target: [Float]) {
        for (value, wanted) in zip(output, target) { squared += Double(value - wanted) * Double(value - wanted) }
        measured += min(output.count, target.count)
    }

    var score: Comparison.Score {
        Comparison.Score(
            accuracy: answered > 0 ? Double(right) / Double(answered) : nil,
            squaredError: measured > 0 ? squared / Double(measured) : nil)
    }
}
