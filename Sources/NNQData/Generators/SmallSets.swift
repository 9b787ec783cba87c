// SPDX-License-Identifier: Apache-2.0
// The smallest problems that still teach something: the concert question, a line, a sine, exclusive or.

import NNQBase

/// Small generated problems; equal seeds give equal sets, and training and test noise never share a stream.
public enum SmallSets {
    /// The concert perceptron (Nielsen, "Neural networks and deep learning", chapter 1), all eight answers to
    /// "is the weather good?", "does a friend come?", "is public transport near?".
    ///
    /// The label is 1 (go) if 6 weather + 2 friend + 2 transport >= 5, so exactly where the weather is good.
    public static func concert() throws(DataError) -> FloatDataset {
        var values: [Float] = []
        var labels: [Int32] = []
        for row in 0..<8 {
            let answers = [row >> 2 & 1, row >> 1 & 1, row & 1]
            values += answers.map(Float.init)
            labels.append(6 * answers[0] + 2 * answers[1] + 2 * answers[2] >= 5 ? 1 : 0)
        }
        return try FloatDataset(name: "concert", shape: [3], values: values, classes: ["stay", "go"], labels: labels)
    }

    /// y = 2 x + 1 with normal noise of standard deviation `noise`, x uniform in [-1, 1).
    public static func line(_ split: Split, count: Int = 256, noise: Float = 0.05, seed: UInt64 = 1) throws(DataError)
        -> FloatDataset
    {
        var rng = stream(seed, split, 1)
        var values: [Float] = []
        var targets: [Float] = []
        for _ in 0..<count {
            let x = rng.uniform(-1, 1)
            values.append(x)
            targets.append(2 * x + 1 + noise * rng.normal())
        }
        return try FloatDataset(name: "line", shape: [1], values: values, targetNames: ["y"], targets: targets)
    }

    /// y = sin x, x uniform in [0, 2 pi), without noise.
    public static func sine(_ split: Split, count: Int = 1000, seed: UInt64 = 1) throws(DataError) -> FloatDataset {
        var rng = stream(seed, split, 2)
        let values = (0..<count).map { _ in rng.uniform(0, 6.2831855) }
        let targets = values.map { Float(PortableMath.sin(Double($0))) }
        return try FloatDataset(name: "sine", shape: [1], values: values, targetNames: ["sin x"], targets: targets)
    }

    /// Exclusive or. Training: the four corners of the unit square; test: `count` points scattered around them.
    public static func xor(_ split: Split, count: Int = 200, noise: Float = 0.1, seed: UInt64 = 1) throws(DataError)
        -> FloatDataset
    {
        var rng = stream(seed, split, 3)
        var values: [Float] = []
        var labels: [Int32] = []
        for row in 0..<(split == .train ? 4 : count) {
            let (a, b) = (row >> 1 & 1, row & 1)
            let spread = split == .train ? 0 : noise
            values.append(Float(a) + spread * rng.normal())
            values.append(Float(b) + spread * rng.normal())
            labels.append(Int32(a ^ b))
        }
        return try FloatDataset(
            name: "xor", shape: [2], values: values, classes: ["equal", "different"], labels: labels)
    }

    private static func stream(_ seed: UInt64, _ split: Split, _ set: UInt64) -> Rng {
        Rng(seed: seed, stream: set, split == .train ? 0 : 1)
    }
}
