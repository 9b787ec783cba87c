// SPDX-License-Identifier: Apache-2.0
// What an imported model's inputs and outputs mean, which its file does not say.

import ArgumentParser
import NNQBase
import NNQFormat
import NNQGraph

struct MeaningOptions: ParsableArguments {
    @Option(help: "Mean of the raw input, taken off it: one number, or one for each channel, separated by commas.")
    var mean: String?
    @Option(help: "What the raw input is divided by after that: one number, or one for each channel.") var std: String?
    @Option(help: "What the outputs mean: classification, binary or regression. (default: classification)") var task =
        Task.classification
    @Option(help: "Names of the classes in output order, separated by commas.") var classes: String?

    func validate() throws {
        _ = try numbers(mean, "--mean")
        for std in try numbers(std, "--std") ?? [] where !(std > 0) {
            throw ValidationError("--std must be above 0")
        }
    }

    /// - Parameter channels: of the model's first input.
    func describe(_ metadata: inout Metadata, channels: Int) throws {
        metadata.task = task
        metadata.classes = names ?? metadata.classes
        if let normalization = try normalization(channels) { metadata.normalization = normalization }
    }

    func describe(_ info: inout ProgramInfo, channels: Int) throws {
        if task != .classification || classes != nil { info.task = task.rawValue }
        info.classes = names ?? info.classes
        if let normalization = try normalization(channels) {
            info.normalization = ProgramInfo.Normalization(mean: normalization.mean, std: normalization.std)
        }
    }

    private var names: [String]? { classes?.split(separator: ",").map(String.init) }

    private func normalization(_ channels: Int) throws -> Normalization? {
        let mean = try numbers(mean, "--mean")
        let std = try numbers(std, "--std")
        guard mean != nil || std != nil else { return nil }
        for (name, values) in [("--mean", mean), ("--std", std)] {
            if let count = values?.count, count != 1, count != channels {
                throw FileError(
                    "\(name) has \(count) numbers, and the model's input \(channels) channels: give 1 or all")
            }
        }
        let count = max(mean?.count ?? 1, std?.count ?? 1)
        func spread(_ values: [Float]) -> [Float] {
            values.count == count ? values : Array(repeating: values[0], count: count)
        }
        return Normalization(mean: spread(mean ?? [0]), std: spread(std ?? [1]))
    }

    private func numbers(_ text: String?, _ name: String) throws -> [Float]? {
        guard let text else { return nil }
        return try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
            guard let number = Float(word), number.isFinite else {
                throw ValidationError("\(name): '\(word)' is not a number")
            }
            return number
        }
    }
}

extension Task: ExpressibleByArgument {}
