// SPDX-License-Identifier: Apache-2.0
// What each method of the quantization changed.

import Foundation
import NNQQuantize

extension ReportPage {
    var methodSection: String {
        let methods = figures.methods
        let summary = methods.lines.map { "<li>\($0.escaped)</li>" }.joined()
        let rewrites = Rewrite.allCases.filter { methods.rewrites.count($0) > 0 }
            .map { "<li>\($0.rawValue): \(methods.rewrites.count($0))</li>" }.joined()
        let adjustments = methods.adjustments.map { "<li>\($0.description.escaped)</li>" }.joined()
        return Markup.section(
            "What each method changed", source,
            "<ul class=\"advice\">\(rewrites)\(summary)\(adjustments)</ul>" + Markup.grid(tables))
    }

    private var source: String {
        let count = figures.methods.calibrationSamples
        return count > 0
            ? "Ranges come from \(Words.grouped(count)) calibration samples."
            : "The scales came with the model, which was trained for int8."
    }

    private var tables: [String] {
        let methods = figures.methods
        var tables: [String] = []
        let cuts = methods.calibration.filter { $0.value.cutShare > 0 }.sorted { $0.value.cutShare > $1.value.cutShare }
        func add(_ title: String, _ header: [String], _ rows: [[String]], _ caption: String) {
            guard !rows.isEmpty else { return }
            tables.append(Markup.figure(title, Markup.table(header, rows), caption: caption))
        }
        add(
            "Ranges that cut", ["layer", "kept", "seen", "cut off"],
            cuts.map {
                [
                    name($0.key), range($0.value.clip), range($0.value.extent),
                    Words.percent($0.value.cutShare, digits: 4),
                ]
            },
            "values of the calibration samples")
        add(
            "Scales of weights", ["layer", "clipped", "squared error", "by max"],
            methods.weightScales.map {
                [
                    name($0.layer), Words.grouped($0.clippedWeights), Words.short($0.squaredError),
                    Words.short($0.squaredErrorOfMax),
                ]
            }, "means over the layer's weights")
        add(
            "Equalization", ["layer", "channels changed", "largest factor"],
            (methods.equalization?.exponents ?? [:]).sorted { $0.key < $1.key }.map { layer, exponents in
                let most = exponents.map { abs($0) }.max() ?? 0
                return [
                    name(layer), "\(exponents.count { $0 != 0 }) of \(exponents.count)",
                    Words.short(exp2(Double(most) / 8)),
                ]
            }, "factors, or inverses of them, by which channels were scaled")
        add(
            "High-bias absorption", ["layer", "channels", "largest"],
            (methods.absorbBias?.amounts ?? [:]).sorted { $0.key < $1.key }.map {
                [
                    name($0.key), "\($0.value.count { $0 > 0 }) of \($0.value.count)",
                    Words.short(Double($0.value.max() ?? 0)),
                ]
            }, "moved into the next layer's bias")
        add(
            "Bias correction", ["layer", "mean shift", "largest shift"],
            (methods.biasCorrection ?? []).map {
                [name($0.layer), Words.short($0.meanShift), Words.short($0.largestShift)]
            }, "what the channels' mean outputs were off")
        add(
            "Learned rounding", ["layer", "rounded otherwise", "error before", "after"],
            (methods.adaround ?? []).map {
                [
                    name($0.layer), Words.percent($0.changedShare), Words.short($0.squaredErrorBefore),
                    Words.short($0.squaredErrorAfter),
                ]
            }, "mean squared errors of the layer's outputs")
        return tables
    }

    private func name(_ layer: String) -> String { layer.shortened(to: 24).escaped }

    private func range(_ range: ValueRange) -> String {
        "\(Words.short(Double(range.low))) to \(Words.short(Double(range.high)))"
    }
}
