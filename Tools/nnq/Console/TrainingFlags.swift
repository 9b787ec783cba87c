// SPDX-License-Identifier: Apache-2.0
// Options of training that take the place of a recipe's.

import ArgumentParser
import Foundation
import NNQGraph
import NNQQuantize
import NNQTrain

struct TrainingFlags: ParsableArguments {
    @Option(help: "Passes over the training set.") var epochs: Int?
    @Option(help: "Samples a step.") var batchSize: Int?
    @Option(help: "Peak learning rate.") var learningRate: Float?
    @Option(help: "Pull of weights towards 0.") var weightDecay: Float?
    @Option(help: "Part of each label that is spread over all classes; 0.1 is usual.") var labelSmoothing: Float?
    @Option(help: "Mix samples, with shares from Beta(MIXUP, MIXUP); 0.2 is usual.") var mixup: Float?
    @Flag(inversion: .prefixedNo, help: "Mirror every other image, left and right; not for digits and letters.")
    var flip: Bool?
    @Option(help: "Pad images by so many pixels and crop their size anywhere.") var crop: Int?
    @Option(help: "Shift images by up to so many pixels.") var shift: Int?
    @Option(help: "Blank a square of so many pixels a side in each image.") var cutout: Int?
    @Option(help: "What samples count by their class: balanced, equal, or one number a class with commas between.")
    var classWeights: String?
    @Option(help: "Scale gradients that are longer than this, all together; 1 is usual.") var clipNorm: Float?
    @Option(help: "Write a moving average of the weights with this decay; 0.999 is usual.") var averageDecay: Float?
    @Option(help: "Hold out this part of the training set, evaluate on it after each epoch; 0.1 is usual.")
    var validation: Double?
    @Option(help: "Stop after so many epochs without a better validation, write the best weights.") var patience: Int?
    @Flag(help: "Write the weights of the epoch with the best validation.") var keepBest = false
    @Option(name: .customLong("distill"), help: "Learn from this trained model's answers too, a .safetensors file.")
    var teacher: String?
    @Option(help: "What logits are divided by in distillation. (default: the recipe's, or 4)")
    var distillTemperature: Float?
    @Option(help: "The teacher's part of the loss, 0 to 1. (default: the recipe's, or 0.7)") var distillWeight: Float?

    func validate() throws {
        if let epochs, epochs < 1 { throw ValidationError("--epochs is \(epochs); at least 1 is needed") }
        if let batchSize, batchSize < 1 { throw ValidationError("--batch-size is \(batchSize); at least 1 is needed") }
        if let learningRate, !(learningRate > 0) { throw ValidationError("--learning-rate must be above 0") }
        for (name, pixels) in [("crop", crop), ("shift", shift), ("cutout", cutout)] {
            guard let pixels, !(0...65535).contains(pixels) else { continue }
            throw ValidationError("--\(name) is \(pixels); use 0 to 65535")
        }
        if let validation, !(validation >= 0 && validation < 1) {
            throw ValidationError("--validation is \(validation); a part of the samples lies between 0 and 1")
        }
        if teacher == nil, distillTemperature != nil || distillWeight != nil {
            throw ValidationError("--distill-temperature and --distill-weight need --distill TEACHER.safetensors")
        }
        _ = try weights()
    }

    /// Puts what was given in the place of what is there.
    func apply(to options: inout TrainingOptions) throws {
        options.epochs = epochs ?? options.epochs
        options.batchSize = batchSize ?? options.batchSize
        options.optimizer.learningRate = learningRate ?? options.optimizer.learningRate
        options.weightDecay = weightDecay ?? options.weightDecay
        options.labelSmoothing = labelSmoothing ?? options.labelSmoothing
        options.mixup = mixup ?? options.mixup
        options.augmentation.flip = flip ?? options.augmentation.flip
        options.augmentation.crop = crop ?? options.augmentation.crop
        options.augmentation.shift = shift ?? options.augmentation.shift
        options.augmentation.cutout = cutout ?? options.augmentation.cutout
        options.classWeights = try weights() ?? options.classWeights
        options.clipNorm = clipNorm ?? options.clipNorm
        options.averageDecay = averageDecay ?? options.averageDecay
        options.validationShare = validation ?? options.validationShare
        options.patience = patience ?? options.patience
        options.keepsBest = keepBest || options.keepsBest
        guard teacher != nil else { return }
        var distillation = options.distillation ?? Distillation()
        distillation.temperature = distillTemperature ?? distillation.temperature
        distillation.weight = distillWeight ?? distillation.weight
        options.distillation = distillation
    }

    /// The model named by --distill, its batch norms folded: the same answers in fewer steps.
    func teacherModel() throws -> Model? {
        guard let teacher else { return nil }
        let model = try Model(contentsOf: teacher)
        return model.metadata.fakeQuantization == nil ? try model.rewritten([.foldBatchNorm]).0 : model
    }

    private func weights() throws -> ClassWeights? {
        switch classWeights {
        case nil: return nil
        case "balanced": return .balanced
        case "equal": return .equal
        case let text?:
            let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
            guard !numbers.contains(nil) else {
                throw ValidationError("--class-weights is '\(text)'; use balanced, equal, or numbers: 1,2.5,1")
            }
            return .given(numbers.compactMap { $0 })
        }
    }
}
