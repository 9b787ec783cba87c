// SPDX-License-Identifier: Apache-2.0
// The curves of the float model's training, and of training for int8 after it.

import NNQGraph

extension ReportPage {
    /// Nothing where the model does not say how it was trained.
    var trainingSection: String {
        guard let epochs = figures.training, epochs.count > 1 else { return "" }
        func chart(
            _ title: String, _ training: KeyPath<TrainedEpoch, Double?>, _ validation: KeyPath<TrainedEpoch, Double?>,
            _ text: @escaping (Double) -> String
        ) -> String? {
            let curves = [training, validation].map { curve in epochs.map { $0[keyPath: curve] } }
            let drawn = curves.filter { $0.contains { $0 != nil } }
            guard !drawn.isEmpty else { return nil }
            let ends = drawn.map { "\(text($0.first! ?? .nan)) to \(text($0.last! ?? .nan))" }
            let words = zip(["training", "held-out samples"], ends).map { "\($0): \($1)" }
            return Markup.figure(
                title, EpochChart(curves: drawn, text: text).markup(label: "\(title) by epoch"),
                caption: words.joined(separator: "; "))
        }
        let charts = [
            chart("Loss", \.someLoss, \.validationLoss, Words.short),
            chart("Accuracy", \.accuracy, \.validationAccuracy) { Words.percent($0) },
        ].compactMap { $0 }
        return Markup.section(
            "Training",
            "\(Words.grouped(epochs.count)) epochs, those of a model that training started from included. Blue is the "
                + "training set, as its batches came; orange are samples that were held out.", Markup.grid(charts))
    }
}

extension TrainedEpoch {
    fileprivate var someLoss: Double? { loss }
}
