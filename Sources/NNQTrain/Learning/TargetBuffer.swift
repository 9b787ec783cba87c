// SPDX-License-Identifier: Apache-2.0
// What a batch of samples should give: classes or values, as the loss wants them.

import NNQData
import NNQGraph

/// Room for the targets of one batch, filled from a data set.
package final class TargetBuffer {
    /// How a data set's targets become the loss's.
    enum Form {
        case labels
        case values
        /// Two classes and one output: the class's number is the value.
        case labelAsValue
    }

    package let labels: UnsafeMutableBufferPointer<Int32>
    package let values: UnsafeMutableBufferPointer<Float>
    /// For cross-entropy with soft targets: every class's share, `[batch, outputs]`.
    package let shares: UnsafeMutableBufferPointer<Float>?
    /// For binary cross-entropy with class weights: what each sample counts.
    package let weights: UnsafeMutableBufferPointer<Float>?
    /// A teacher's logits for the batch, `[batch, outputs]`, where there is one.
    package var teacherLogits: UnsafePointer<Float>?
    let form: Form
    let softening: TargetSoftening

    /// - Throws: `TrainError` where data and outputs do not fit.
    package init(
        _ dataset: any Dataset, loss: Loss, outputs: Int, batch: Int, softening: TargetSoftening = .none
    ) throws {
        form = try Self.form(dataset, loss, outputs)
        self.softening = softening
        shares = softening.isSoft && form == .labels ? .allocate(capacity: batch * outputs) : nil
        shares?.initialize(repeating: 0)
        weights = softening.classWeights != nil && form == .labelAsValue ? .allocate(capacity: batch) : nil
        weights?.initialize(repeating: 1)
        labels = .allocate(capacity: batch)
        labels.initialize(repeating: 0)
        values = .allocate(capacity: batch * outputs)
        values.initialize(repeating: 0)
    }

    deinit {
        labels.deallocate()
        values.deallocate()
        shares?.deallocate()
        weights?.deallocate()
    }

    private static func form(_ dataset: any Dataset, _ loss: Loss, _ outputs: Int) throws -> Form {
        let count = dataset.target.count
        switch (dataset.target, loss) {
        case (.classes, .crossEntropy):
            guard count <= outputs else {
                throw TrainError(
                    "\(dataset.name) has \(count) classes, the graph \(outputs) outputs: give its last layer \(count)")
            }
            return .labels
        case (.values, .crossEntropy):
            throw TrainError("\(dataset.name) has values as targets, not classes: use the squared_error loss")
        case (.classes, _) where outputs == 1 && count == 2: return .labelAsValue
        default:
            guard count == outputs else {
                throw TrainError(
                    "\(dataset.name) has \(count) target values, the graph \(outputs) outputs: give its last layer "
                        + "\(count)")
            }
            return .values
        }
    }

    /// Takes the next batch: inputs and targets, softened. Returns how many samples it holds.
    package func fill(_ inputs: UnsafeMutableBufferPointer<Float>, from batches: inout Batches) -> Int {
        let count: Int
        switch form {
        case .labels: count = batches.next(into: inputs, labels: labels)
        case .values: count = batches.next(into: inputs, targets: values)
        case .labelAsValue:
            count = batches.next(into: inputs, labels: labels)
            for index in 0..<count { values[index] = Float(labels[index]) }
        }
        if softening.isSoft { soften(count) }
        return count
    }
}

extension Batches {
    /// Batches of a data set as a model's input wants them.
    /// - Throws: `TrainError` where the shapes differ, `DataError`.
    package init(
        _ dataset: any Dataset, for model: Model, batchSize: Int, seed: UInt64 = 1, shuffle: Bool, dropLast: Bool,
        augmentation: Augmentation = .none
    ) throws {
        guard let input = model.graph.inputs.first, case .input(let shape) = model.graph.nodes[input].layer,
            model.graph.inputs.count == 1
        else { throw TrainError("the graph has \(model.graph.inputs.count) inputs; data sets feed one") }
        guard shape.dimensions == dataset.sampleShape else {
            throw TrainError(
                "\(dataset.name) has samples of shape \(Shape(dataset.sampleShape)), the graph's input is \(shape): "
                    + "change the input's shape, or choose other data")
        }
        try self.init(
            dataset, batchSize: batchSize, seed: seed, shuffle: shuffle, dropLast: dropLast,
            normalization: model.metadata.normalization, augmentation: augmentation)
    }
}
