// SPDX-License-Identifier: Apache-2.0
// A run's state as a file, to go on from.

import Foundation
import NNQGraph

/// A stopped run: parameters and running statistics, the optimizer's values, averages, the best parameters so far, and
/// how far it was. Shuffling, augmentation, mixing and dropout follow from the seed and the step.
public struct Checkpoint: Sendable, Equatable {
    /// How far the run was.
    public struct Progress: Codable, Sendable, Equatable {
        public var step: Int
        /// Size of the data set; another one cannot be resumed with.
        public var samples: Int
        var lossSum: Double
        var hits: Int
        public var epochs: [EpochSummary]
        /// The epoch with the best validation, counted from 1; nil without validation.
        public var bestEpoch: Int?
        /// SHA-256 of the teacher's file; nil without one.
        public var teacher: String?
    }

    public var model: Model
    public var options: TrainingOptions
    public var optimizerState: [String: Tensor]
    /// Moving averages of the parameters; empty where none are kept.
    public var averages: [String: Tensor]
    /// The parameters of the best epoch; empty where they are not kept.
    public var bestParameters: [String: Tensor]
    public var progress: Progress

    private static let optionsKey = "nnq.training"
    private static let progressKey = "nnq.progress"
    private static let statePrefix = "optimizer:"
    private static let averagePrefix = "average:"
    private static let bestPrefix = "best:"

    init(
        model: Model, options: TrainingOptions, optimizerState: [String: Tensor], averages: [String: Tensor],
        bestParameters: [String: Tensor], progress: Progress
    ) {
        self.model = model
        self.options = options
        self.optimizerState = optimizerState
        self.averages = averages
        self.bestParameters = bestParameters
        self.progress = progress
    }

    /// Reads a checkpoint.
    /// - Throws: `FileError` or `GraphError` or `TrainError` with what is wrong and what to do.
    public init(contentsOf path: String) throws {
        var file = try SafeTensors(contentsOf: path)
        guard let options = file.metadata[Self.optionsKey], let progress = file.metadata[Self.progressKey] else {
            throw TrainError("\(path) is no checkpoint: a stopped 'nnq train' leaves one")
        }
        optimizerState = Self.take(Self.statePrefix, from: &file)
        averages = Self.take(Self.averagePrefix, from: &file)
        bestParameters = Self.take(Self.bestPrefix, from: &file)
        model = try Model(file, path: path)
        do {
            self.options = try JSONDecoder().decode(TrainingOptions.self, from: Data(options.utf8))
            self.progress = try JSONDecoder().decode(Progress.self, from: Data(progress.utf8))
        } catch {
            throw TrainError("\(path): how far the run was cannot be read, the file is damaged (\(error))")
        }
    }

    /// Removes the tensors whose names begin with `prefix`; returns them by the rest of their names.
    private static func take(_ prefix: String, from file: inout SafeTensors) -> [String: Tensor] {
        var taken: [String: Tensor] = [:]
        for (name, tensor) in file.tensors where name.hasPrefix(prefix) {
            taken[String(name.dropFirst(prefix.count))] = tensor
            file.tensors[name] = nil
        }
        return taken
    }

    /// Writes the checkpoint whole or not at all.
    public func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var file = try model.safeTensors()
        for (prefix, tensors) in [
            (Self.statePrefix, optimizerState), (Self.averagePrefix, averages), (Self.bestPrefix, bestParameters),
        ] {
            for (name, tensor) in tensors { file.tensors[prefix + name] = tensor }
        }
        file.metadata[Self.optionsKey] = String(decoding: try encoder.encode(options), as: UTF8.self)
        file.metadata[Self.progressKey] = String(decoding: try encoder.encode(progress), as: UTF8.self)
        try file.write(to: path)
    }

    /// The checkpoint's options, for as many epochs and threads as asked for now.
    func options(extending new: TrainingOptions) -> TrainingOptions {
        var options = options
        options.epochs = new.epochs
        options.threads = new.threads
        return options
    }
}
