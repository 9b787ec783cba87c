// SPDX-License-Identifier: Apache-2.0
// Learning from a larger network's answers.

import NNQBase
import NNQGraph

/// How much a teacher counts (Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015). The loss
/// is `(1 - weight) * hard + weight * temperature^2 * soft`, soft being the cross-entropy between the softmaxes of both
/// networks' logits, divided by the temperature.
public struct Distillation: Codable, Sendable, Equatable {
    /// Above 0; 2 to 5 are usual. Higher shows more of what the teacher thinks of wrong classes.
    public var temperature: Float
    /// 0 to 1.
    public var weight: Float

    public init(temperature: Float = 4, weight: Float = 0.7) {
        self.temperature = temperature
        self.weight = weight
    }

    func validate() throws {
        guard temperature > 0, temperature.isFinite else {
            throw TrainError("the distillation temperature is \(temperature); it must be above 0, 2 to 5 is usual")
        }
        guard (0...1).contains(weight) else {
            throw TrainError("the distillation weight is \(weight); it lies between 0 and 1")
        }
    }
}

/// A trained network that is asked about each batch.
final class Teacher {
    private let engine: FloatEngine
    /// The layer whose value is the logits.
    private let logitsName: String
    /// What turns a sample as the student sees it into one as the teacher does, a channel each; nil where both see the
    /// same.
    private let change: [(factor: Float, offset: Float)]?

    /// - Throws: `TrainError` where teacher and student do not fit.
    init(_ model: Model, for student: Model, outputs: Int, batch: Int, threads: Int) throws {
        let shapes = try [model, student].map { model in
            guard model.graph.inputs.count == 1, case .input(let shape) = model.graph.nodes[model.graph.inputs[0]].layer
            else { throw TrainError("distillation needs networks with one input") }
            return shape
        }
        guard shapes[0] == shapes[1] else {
            throw TrainError("the teacher's input is \(shapes[0]), the network's \(shapes[1]): they must be the same")
        }
        let node = try Loss.crossEntropy.node(in: model.graph)
        logitsName = model.graph.nodes[node].name
        engine = try FloatEngine(model, batch: batch, observing: [logitsName], threads: threads, sumsPlainly: false)
        guard engine.outputCount == outputs else {
            throw TrainError("the teacher has \(engine.outputCount) outputs, the network \(outputs): they must agree")
        }
        let classes = [model.metadata.classes, student.metadata.classes]
        guard classes[0] == classes[1] || classes.contains(where: \.isEmpty) else {
            throw TrainError("the teacher knows other classes than the network: \(classes[0].joined(separator: ", "))")
        }
        change = Self.change(from: student.metadata.normalization, to: model.metadata.normalization, shapes[0].channels)
    }

    private static func change(
        from own: Normalization, to wanted: Normalization, _ channels: Int
    ) -> [(factor: Float, offset: Float)]? {
        guard own != wanted else { return nil }
        func value(_ list: [Float], _ channel: Int) -> Float { list.count == 1 ? list[0] : list[channel] }
        return (0..<channels).map { channel in
            let std = value(wanted.std, channel)
            return (
                value(own.std, channel) / std, (value(own.mean, channel) - value(wanted.mean, channel)) / std
            )
        }
    }

    /// The teacher's logits for a batch as the student sees it, `[batch, outputs]`; valid until the next call.
    func logits(_ batch: UnsafeMutableBufferPointer<Float>) throws -> UnsafePointer<Float> {
        let input = engine.input
        if let change {
            for start in stride(from: 0, to: batch.count, by: change.count) {
                for (channel, (factor, offset)) in change.enumerated() {
                    input[start + channel] = batch[start + channel] * factor + offset
                }
            }
        } else {
            _ = input.update(fromContentsOf: batch)
        }
        try engine.forward()
        return engine.value(of: logitsName).baseAddress!
    }
}
