// SPDX-License-Identifier: Apache-2.0
// Times training steps on random samples in memory. Reads lines "MODEL STEPS", answers each with its seconds.

import NNQBase
import NNQData
import NNQGraph
import NNQTrain

Trainer.shareProcessors()
let batch = 64
let threads = Int(CommandLine.arguments.dropFirst().first ?? "2") ?? 2

/// A model with a batch of random samples, ready to train.
struct Bench {
    let engine: TrainingEngine
    let targets: TargetBuffer

    init(_ model: Model) throws {
        guard case .input(let shape) = model.graph.nodes[0].layer else { preconditionFailure() }
        let options = TrainingOptions(optimizer: .momentum(learningRate: 0.01), threads: threads)
        engine = try TrainingEngine(model, batch: batch, loss: .crossEntropy, options: options)
        var pixels: [UInt8] = []
        var state: UInt32 = 1
        for _ in 0..<batch * shape.count {
            state = state &* 1_664_525 &+ 1_013_904_223
            pixels.append(UInt8(state >> 24))
        }
        let labels = (0..<batch).map { UInt16($0 % 10) }
        let data = try ByteDataset(
            name: "random", shape: shape.dimensions, classes: (0..<10).map(String.init), pixels: pixels, labels: labels)
        targets = try TargetBuffer(data, loss: .crossEntropy, outputs: 10, batch: batch)
        var batches = try Batches(
            data, batchSize: batch, normalization: Normalization(mean: [127.5], std: [73.9]))
        _ = targets.fill(engine.input, from: &batches)
    }

    func seconds(steps: Int) throws -> Double {
        let start = ContinuousClock.now
        for _ in 0..<steps { _ = try engine.learn(targets, rate: 0.01) }
        return (ContinuousClock.now - start) / .seconds(1)
    }
}

let benches = ["lenet5": try Bench(.lenet5()), "resnet8": try Bench(.resnet8())]
while let line = readLine() {
    let words = line.split(separator: " ").map(String.init)
    guard words.count == 2, let bench = benches[words[0]], let steps = Int(words[1]) else {
        print("expected: lenet5|resnet8 STEPS")
        continue
    }
    print(try bench.seconds(steps: steps))
    fflushStandardOutput()
}
