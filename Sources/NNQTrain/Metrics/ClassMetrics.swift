// SPDX-License-Identifier: Apache-2.0
// What a confusion matrix says about each class and about all of them.

/// One class against the rest.
public struct ClassMetrics: Codable, Sendable, Equatable {
    /// Samples of the class.
    public var samples: Int
    /// Samples answered with the class.
    public var answers: Int
    /// The part of the class's answers that are right, and of its samples that are found, 0 to 1. 0 where there are
    /// none.
    public var precision: Double
    public var recall: Double
    /// The harmonic mean of both, `2 * right / (samples + answers)`.
    public var f1: Double
    /// The area under the receiver operating characteristic of the class's score against the rest (`Ranking`); nil
    /// without scores, or where all samples or none are of the class.
    public var auc: Double?

    /// Whether the class occurs at all; one that does not is in no mean.
    public var occurs: Bool { samples > 0 || answers > 0 }
}

/// Metrics of a classifier, each class counting the same in the means.
public struct ClassificationMetrics: Codable, Sendable, Equatable {
    /// In the order of the confusion matrix.
    public var classes: [ClassMetrics]
    /// Means over the classes that occur.
    public var macroPrecision: Double
    public var macroRecall: Double
    public var macroF1: Double
    /// Mean over the classes that have one.
    public var macroAUC: Double?

    private enum CodingKeys: String, CodingKey {
        case classes
        case macroPrecision = "macro_precision"
        case macroRecall = "macro_recall"
        case macroF1 = "macro_f1"
        case macroAUC = "macro_auc"
    }

    /// - Parameters:
    ///   - confusion: square, `confusion[actual][answered]` in samples.
    ///   - aucs: one a class, where scores are known.
    public init(confusion: [[Int]], aucs: [Double?]? = nil) {
        precondition(confusion.allSatisfy { $0.count == confusion.count })
        classes = confusion.indices.map { index in
            let right = confusion[index][index]
            let samples = confusion[index].reduce(0, +)
            let answers = confusion.reduce(0) { $0 + $1[index] }
            func part(_ whole: Int) -> Double { whole > 0 ? Double(right) / Double(whole) : 0 }
            return ClassMetrics(
                samples: samples, answers: answers, precision: part(answers), recall: part(samples),
                f1: 2 * part(samples + answers), auc: aucs?[index])
        }
        let occurring = classes.filter(\.occurs)
        macroPrecision = Self.mean(occurring.map(\.precision)) ?? 0
        macroRecall = Self.mean(occurring.map(\.recall)) ?? 0
        macroF1 = Self.mean(occurring.map(\.f1)) ?? 0
        macroAUC = Self.mean(classes.compactMap(\.auc))
    }

    private static func mean(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
}
