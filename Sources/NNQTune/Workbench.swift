// SPDX-License-Identifier: Apache-2.0
// Makes the int8 models of a search and measures them.

import Foundation
import NNQData
import NNQFormat
import NNQGraph
import NNQQuantize
import NNQTrain

/// A float model, the data to quantize it with, and the samples to judge int8 models on.
public final class Workbench: CandidateJudge {
    /// What a search is at.
    public enum Stage: Hashable, Sendable {
        case making(String)
        case training(String)
    }

    /// Data of a search.
    public struct Data {
        /// Calibration and training.
        public var training: any Dataset
        /// A part of these is what the search looks at, the others check what it found.
        public var test: any Dataset
        /// Samples that the search looks at; at most half of the test samples.
        public var searchSamples: Int

        public init(training: any Dataset, test: any Dataset, searchSamples: Int = 2000) {
            (self.training, self.test, self.searchSamples) = (training, test, searchSamples)
        }
    }

    private let model: Model
    private let calibration: DatasetSource
    private let searched: Samples
    private let checked: Samples
    private let training: TrainingOptions
    private let threads: Int
    private let cost: (ProgramFile) throws -> Cost
    private let progress: (Stage, Int, Int) throws -> Void
    private var record: TuneRecord
    /// What is made again in a moment.
    private var latest: (candidate: Candidate, quantized: Quantized, file: ProgramFile)?

    /// - Parameters:
    ///   - training: the settings of training for int8, of which candidates name the epochs.
    ///   - record: what was tried before; each outcome is saved to it.
    ///   - cost: measures a packed file.
    ///   - progress: told what is done and how much it is in all; may throw `TuneStopped`.
    /// - Throws: `DataError`, `TrainError` where data and model do not fit.
    public init(
        _ model: Model, _ data: Data, training: TrainingOptions, record: TuneRecord, threads: Int = 0,
        cost: @escaping (ProgramFile) throws -> Cost, progress: @escaping (Stage, Int, Int) throws -> Void
    ) throws {
        self.model = model
        self.training = training
        self.threads = threads
        self.cost = cost
        self.progress = progress
        self.record = record
        calibration = DatasetSource(data.training, threads: threads)
        let share = min(0.5, Double(data.searchSamples) / Double(data.test.count))
        let parts = try holdOut(data.test, share: share, seed: 1)
        searched = try Samples(parts.held, model, threads: threads)
        checked = try Samples(parts.rest, model, threads: threads)
    }

    public var searchSamples: Int { searched.dataset.count }
    public var checkSamples: Int { checked.dataset.count }

    public func outcome(_ candidate: Candidate) throws -> Outcome {
        if let known = record.outcomes[candidate.key] { return known }
        let start = ContinuousClock.now
        let (quantized, file) = try made(candidate)
        let portable = try ProgramFile(quantized.program).encoded()
        let judged = try searched.judge(quantized.program, portable, threads: threads)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let outcome = Outcome(
            candidate, drop: judged.drop, noise: judged.noise, cost: try cost(file), seconds: seconds)
        try record.add(outcome)
        return outcome
    }

    /// The same outcome, with what the model drops on the samples that the search does not look at.
    public func checked(_ outcome: Outcome) throws -> Outcome {
        guard outcome.check == nil else { return outcome }
        let program = try made(outcome.candidate).quantized.program
        var outcome = outcome
        outcome.check = try checked.judge(program, try ProgramFile(program).encoded(), threads: threads).drop
        try record.add(outcome)
        return outcome
    }

    public func sensitivities() throws -> [Sensitivity] {
        if let known = record.sensitivities { return known }
        var options = QuantizationOptions(weightScales: .mse, biasCorrection: nil)
        let names = try Quantizer(options).quantize(model, calibration: calibration).weights.map(\.layer)
        var found: [Sensitivity] = []
        for (place, name) in names.enumerated() {
            try progress(.making("4 bits in '\(name)'"), place, names.count)
            options.weightBits = WeightBits(all: 8, layers: [name: 4])
            let quantized = try Quantizer(options).quantize(model, calibration: calibration)
            let file = try ProgramFile(quantized.program).encoded()
            let noise = try searched.judge(quantized.program, file, threads: threads).noise
            let weights = quantized.weights.first { $0.layer == name }!.filter.count
            found.append(Sensitivity(layer: name, weights: weights, noise: noise))
        }
        try record.set(found)
        return found
    }

    public func wideLayers() throws -> [String] { try ActivationBits.wideLayers(of: model) }

    public func activationSensitivities() throws -> [ActivationSensitivity] {
        if let known = record.activationSensitivities { return known }
        var options = QuantizationOptions(weightScales: .mse, biasCorrection: nil)
        let names = try wideLayers()
        func made(_ narrow: String?) throws -> (program: Program, noise: Double) {
            let wide = names.filter { $0 != narrow }.map { ($0, 16) }
            options.activationBits = ActivationBits(
                all: 8, layers: Dictionary(uniqueKeysWithValues: wide + (narrow.map { [($0, 8)] } ?? [])))
            let program = try Quantizer(options).quantize(model, calibration: calibration).program
            let file = try ProgramFile(program).encoded()
            return (program, try searched.judge(program, file, threads: threads).noise)
        }
        let all = try made(nil)
        var found: [ActivationSensitivity] = []
        for (place, name) in names.enumerated() {
            try progress(.making("activations of 8 bits in '\(name)'"), place, names.count)
            let values = all.program.tensors.first { $0.name == name }!.count
            found.append(
                ActivationSensitivity(layer: name, values: values, noise: max(0, try made(name).noise - all.noise)))
        }
        try record.set(found)
        return found
    }

    /// The int8 model of a candidate, and its file before it is packed for a target.
    public func made(_ candidate: Candidate) throws -> (quantized: Quantized, file: ProgramFile) {
        if let latest, latest.candidate == candidate { return (latest.quantized, latest.file) }
        let quantizer = Quantizer(candidate.options)
        let quantized: Quantized
        if let epochs = candidate.epochs {
            quantized = try quantizer.quantize(trained: try trained(candidate, quantizer, epochs))
        } else {
            let name = candidate.name
            try progress(.making(name), 0, 1)
            quantized = try quantizer.quantize(model, calibration: calibration)
        }
        let whole = try ProgramFile(quantized.program)
        let file = candidate.options.weightBits.hasFour ? whole.packedInt4() : whole
        latest = (candidate, quantized, file)
        return (quantized, file)
    }

    /// Trains, or takes what an earlier search trained.
    private func trained(_ candidate: Candidate, _ quantizer: Quantizer, _ epochs: Int) throws -> Model {
        let path = record.path(of: candidate)
        if FileManager.default.fileExists(atPath: path) { return try Model(contentsOf: path) }
        let name = candidate.name
        let prepared = try quantizer.prepared(model, calibration: calibration)
        var options = training
        options.epochs = epochs
        let result = try Trainer(options).train(prepared, on: calibration.dataset) { state in
            try progress(.training(name), state.step, state.steps)
            return true
        }
        try result.model.write(to: path)
        return result.model
    }
}
