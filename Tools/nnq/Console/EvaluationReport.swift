// SPDX-License-Identifier: Apache-2.0
// An evaluation as tables for people, and as one JSON object.

import Foundation
import NNQTrain

/// What `nnq eval` tells beyond its first line.
struct EvaluationReport {
    let evaluation: Evaluation
    let classes: [String]
    /// How many best answers count, and the part of the samples that are right by that.
    let top: (count: Int, accuracy: Double)?

    /// The widest confusion matrix that is shown.
    private static let widest = 20

    /// - Parameter topK: nil takes 5, or one less than there are classes; nothing where that is 1 or less.
    init(_ evaluation: Evaluation, classes: [String]?, topK: Int?) {
        self.evaluation = evaluation
        let count = evaluation.confusion?.count ?? 0
        // A model may have more outputs than the data has classes.
        let names = classes ?? []
        self.classes = (0..<count).map { $0 < names.count ? names[$0] : "output \($0)" }
        let chosen = min(topK ?? min(5, count - 1), count)
        let isWorth = topK != nil || chosen > 1
        top = isWorth && chosen >= 1 ? evaluation.topAccuracies.map { (chosen, $0[chosen - 1]) } : nil
    }

    var lines: [String] {
        var lines: [String] = []
        if let top { lines.append("Top-\(top.count) accuracy \(percent(top.accuracy))") }
        if let error = evaluation.meanAbsoluteError { lines.append(String(format: "MAE %.4f", error)) }
        if let confusion = evaluation.confusion, confusion.count <= Self.widest {
            lines += [""] + Self.table(confusion, classes)
        }
        if let metrics = evaluation.classification { lines += [""] + table(metrics) }
        return lines
    }

    /// Rows are what samples are, columns what the model answered.
    private static func table(_ confusion: [[Int]], _ classes: [String]) -> [String] {
        var table = Table(["is \\ answered"] + classes, rightAligned: Set(1...classes.count))
        for (name, row) in zip(classes, confusion) { table.add([name] + row.map { $0 == 0 ? "." : String($0) }) }
        return table.lines
    }

    private func table(_ metrics: ClassificationMetrics) -> [String] {
        var table = Table(["class", "samples", "precision", "recall", "F1", "AUC"], rightAligned: Set(1...5))
        for (name, one) in zip(classes, metrics.classes) where one.occurs {
            table.add([name, grouped(one.samples)] + Self.cells(one.precision, one.recall, one.f1, one.auc))
        }
        table.add(
            ["mean of classes", grouped(evaluation.samples)]
                + Self.cells(metrics.macroPrecision, metrics.macroRecall, metrics.macroF1, metrics.macroAUC))
        return table.lines
    }

    private static func cells(_ values: Double?...) -> [String] {
        values.map { value in value.map { String(format: "%.4f", $0) } ?? "" }
    }
}

/// The JSON object of `nnq eval`.
struct EvaluationResult: Encodable {
    let kind: String
    let report: EvaluationReport
    let samplesPerSecond: Double

    private struct OneClass: Encodable {
        let name: String
        let samples: Int
        let answers: Int
        let precision: Double
        let recall: Double
        let f1: Double
        let auc: Double?

        init(_ name: String, _ metrics: ClassMetrics) {
            self.name = name
            samples = metrics.samples
            answers = metrics.answers
            precision = metrics.precision
            recall = metrics.recall
            f1 = metrics.f1
            auc = metrics.auc
        }
    }

    private enum Key: String, CodingKey {
        case kind, accuracy, loss, samples, confusion, classes, mae, rmse, r2
        case macroPrecision = "macro_precision"
        case macroRecall = "macro_recall"
        case macroF1 = "macro_f1"
        case macroAUC = "macro_auc"
        case topK = "top_k"
        case topKAccuracy = "top_k_accuracy"
        case samplesPerSecond = "samples_per_second"
    }

    func encode(to encoder: any Encoder) throws {
        let evaluation = report.evaluation
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(evaluation.samples, forKey: .samples)
        try container.encodeIfPresent(evaluation.accuracy, forKey: .accuracy)
        try container.encodeIfPresent(evaluation.loss, forKey: .loss)
        try container.encodeIfPresent(evaluation.confusion, forKey: .confusion)
        try container.encodeIfPresent(evaluation.meanAbsoluteError, forKey: .mae)
        try container.encodeIfPresent(evaluation.rootMeanSquaredError, forKey: .rmse)
        try container.encodeIfPresent(evaluation.r2, forKey: .r2)
        try container.encodeIfPresent(report.top?.count, forKey: .topK)
        try container.encodeIfPresent(report.top?.accuracy, forKey: .topKAccuracy)
        try container.encode(samplesPerSecond, forKey: .samplesPerSecond)
        guard let metrics = evaluation.classification else { return }
        try container.encode(zip(report.classes, metrics.classes).map(OneClass.init), forKey: .classes)
        try container.encode(metrics.macroPrecision, forKey: .macroPrecision)
        try container.encode(metrics.macroRecall, forKey: .macroRecall)
        try container.encode(metrics.macroF1, forKey: .macroF1)
        try container.encodeIfPresent(metrics.macroAUC, forKey: .macroAUC)
    }
}
