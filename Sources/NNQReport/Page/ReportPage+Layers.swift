// SPDX-License-Identifier: Apache-2.0
// Layers: errors, ranges, weights, and what each costs.

import Foundation
import NNQQuantize

extension ReportPage {
    var layerSection: String {
        let rows = figures.layers.map { layer -> [String] in
            let sqnr = layer.sqnr.map { BarChart(value: $0 / 60).markup(label: "\(Words.fixed($0, 1)) dB") } ?? ""
            return [
                layer.name.shortened(to: 32).escaped, layer.op.escaped,
                layer.shape.map(String.init).joined(separator: "×"), Words.decibels(layer.sqnr), sqnr,
                Words.short(Double(layer.largestError)), Words.share(layer.saturatedShare),
                layer.stepsText, Words.short(Double(layer.scale)), "\(layer.zeroPoint)",
            ]
        }
        return Markup.section(
            "Layers",
            "int8 beside float, everything before a layer in int8 too. On "
                + "\(Words.grouped(figures.layerSamples)) test samples.",
            Markup.table(
                [
                    "layer", "op", "shape", "SQNR, dB", "", "largest error", "saturated", "steps used", "scale",
                    "zero point",
                ],
                rows, words: [1]))
    }

    var swapSection: String {
        let swaps = figures.swaps
        let most = swaps.layers.map(swaps.noiseShare).max() ?? 0
        let hasAccuracy = swaps.floatAccuracy != nil
        func effect(_ effect: SwapEffect) -> [String] {
            let rate = hasAccuracy ? effect.accuracy : effect.agreement
            return [Words.decibels(effect.sqnr)] + (rate.map { [Words.percent($0)] } ?? [])
        }
        let rows = swaps.layers.map { layer -> [String] in
            let share = swaps.noiseShare(layer)
            return [
                layer.layer.shortened(to: 32).escaped, Words.percent(share, digits: 1),
                BarChart(value: most > 0 ? share / most : 0, style: "int8").markup(
                    label: Words.percent(share, digits: 1)),
            ] + effect(layer.onlyInt8) + effect(layer.onlyFloat)
        }
        let hasRate = hasAccuracy || swaps.allInt8.agreement != nil
        let rate = hasAccuracy ? "accuracy" : "agreement"
        func columns(_ name: String) -> [String] { ["\(name): SQNR, dB"] + (hasRate ? [rate] : []) }
        let all = zip(["SQNR", rate], effect(swaps.allInt8)).map { "\($0) \($1)" }.joined(separator: " dB, ")
        let float = swaps.floatAccuracy.map { ", all float: \(Words.percent($0))" } ?? ""
        return Markup.section(
            "Which layer costs what",
            "The network with one layer in int8 and the rest in float, and the other way round; noise is measured at the "
                + "output. Simulated by rounding in float, on \(Words.grouped(swaps.samples)) test samples. "
                + "All layers in int8: \(all)\(float).",
            Markup.table(
                ["layer", "noise share", ""] + columns("only this int8") + columns("only this float"), rows))
    }

    var activationSection: String {
        let items = figures.layers.filter { !$0.histogram.counts.isEmpty }.map { layer in
            let zeros = Double(layer.histogram.zeros) / Double(max(layer.histogram.total, 1))
            let cut = layer.saturatedShare > 0 ? "; \(Words.share(layer.saturatedShare)) saturated" : ""
            return Markup.figure(
                layer.name.shortened(to: 40),
                HistogramChart(histogram: layer.histogram, clip: layer.clip).markup(label: "Values of \(layer.name)")
                    + channelStrips(layer),
                caption: "\(Words.percent(zeros, digits: 1)) zeros; \(layer.stepsText) steps used\(cut)")
        }
        return Markup.section(
            "Activations",
            "Float values on the test samples, zeros left out; heights are logarithms of counts. Between the dashed "
                + "lines lies what the integers hold. The strips have a cell for each channel: how many of the steps its "
                + "values take and, where values saturate, what part of its own does (full colour is the worst "
                + "channel's).",
            Markup.grid(items))
    }

    private func channelStrips(_ layer: LayerFigures) -> String {
        let uses = StripChart(
            values: layer.channelStepsUsed.map { Double($0) / Double(layer.steps) },
            titles: layer.channelStepsUsed.enumerated().map {
                "channel \($0.offset): \($0.element) steps of \(layer.steps)"
            },
            style: "good")
        let used = uses.markup(label: "Steps in use by the channels of \(layer.name)")
        guard let most = layer.channelSaturatedShares.max(), most > 0 else { return used }
        let cuts = StripChart(
            values: layer.channelSaturatedShares.map { $0 > 0 ? 0.15 + 0.85 * $0 / most : 0 },
            titles: layer.channelSaturatedShares.enumerated().map {
                "channel \($0.offset): \(Words.share($0.element)) saturated"
            }, style: "bad")
        return used + cuts.markup(label: "Saturated values by channel of \(layer.name)")
    }

    var weightSection: String {
        let items = figures.weights.map(weightFigure)
        return Markup.section(
            "Weights",
            "Float weights in integer steps of their channel, heights are logarithms of counts; between the dashed lines "
                + "lies what the integers hold. The first strip shows each channel's step (full colour is the largest of "
                + "the layer, none a 256th of it), the second how many of its steps are in use.", Markup.grid(items))
    }

    private func weightFigure(_ weights: WeightFigures) -> String {
        let most = weights.scales.max() ?? 1
        let sizes = weights.scales.map { $0 > 0 && most > 0 ? 1 + log2($0 / most) / 8 : 0 }
        let possible = min(2 * weights.steps + 1, weights.terms)
        let used = weights.stepsUsed.map { Double($0) / Double(possible) }
        let histogram = HistogramChart(
            histogram: weights.histogram, clip: Interval(-Double(weights.steps), Double(weights.steps)))
        let steps = StripChart(
            values: sizes,
            titles: weights.scales.enumerated().map { "channel \($0.offset): step \(Words.short($0.element))" })
        let uses = StripChart(
            values: used,
            titles: weights.stepsUsed.enumerated().map { "channel \($0.offset): \($0.element) steps of \(possible)" },
            style: "good")
        let clipped = weights.clipped > 0 ? ", \(Words.grouped(weights.clipped)) clipped" : ""
        let dead = weights.deadChannels > 0 ? ", \(weights.deadChannels) of zeros" : ""
        return Markup.figure(
            weights.layer.shortened(to: 40),
            histogram.markup(label: "Weights of \(weights.layer)")
                + steps.markup(label: "Steps of the channels of \(weights.layer)")
                + uses.markup(label: "Steps in use by the channels of \(weights.layer)"),
            caption: "\(weights.bits) bits, \(weights.scales.count) channels of \(weights.terms)\(dead); SQNR "
                + "\(Words.decibels(weights.sqnr))\(weights.sqnr == nil ? "" : " dB")\(clipped); largest weights of channels "
                + "differ by \(Words.short(weights.spread)) to 1")
    }
}

extension LayerFigures {
    /// Steps in use and all there are: `175 of 256`.
    fileprivate var stepsText: String { "\(Words.grouped(stepsUsed)) of \(Words.grouped(steps))" }
}
