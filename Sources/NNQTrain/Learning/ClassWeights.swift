// SPDX-License-Identifier: Apache-2.0
// What a sample counts in the loss, by its class.

import NNQData

/// Weights of the classes. A batch's loss is the mean over its samples of weight times loss.
public enum ClassWeights: Sendable, Equatable {
    /// Every sample counts 1.
    case equal
    /// `samples / (classes * samples of the class)`: every class that occurs counts the same, and the mean weight is 1.
    case balanced
    /// One weight a class, each at least 0.
    case given([Float])

    /// The weights for a data set; nil where all count 1.
    /// - Throws: `TrainError` where the data has no classes or another number of them.
    func weights(for dataset: any Dataset) throws -> [Float]? {
        guard self != .equal else { return nil }
        guard let names = dataset.classNames else {
            throw TrainError("class weights need classes; \(dataset.name) has values as targets: leave them out")
        }
        if case .given(let weights) = self {
            guard weights.count == names.count else {
                throw TrainError(
                    "\(weights.count) class weights were given, \(dataset.name) has \(names.count) classes: give one "
                        + "each, in the order of 'nnq data info', or 'balanced'")
            }
            return weights
        }
        let counts = dataset.classHistogram()
        let occurring = Float(counts.filter { $0 > 0 }.count)
        return counts.map { $0 > 0 ? Float(dataset.count) / (occurring * Float($0)) : 0 }
    }

    func validate() throws {
        guard case .given(let weights) = self else { return }
        guard weights.allSatisfy({ $0 >= 0 && $0.isFinite }), weights.contains(where: { $0 > 0 }) else {
            throw TrainError("class weights are at least 0, and one is above 0; given are \(weights)")
        }
    }
}

extension ClassWeights: Codable {
    /// The words `equal` and `balanced`, or a list of numbers.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let word = try? container.decode(String.self) else {
            self = .given(try container.decode([Float].self))
            return
        }
        switch word {
        case "equal": self = .equal
        case "balanced": self = .balanced
        default: throw DecodingError.dataCorruptedError(in: container, debugDescription: "class weights '\(word)'")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .equal: try container.encode("equal")
        case .balanced: try container.encode("balanced")
        case .given(let weights): try container.encode(weights)
        }
    }
}
