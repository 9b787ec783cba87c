// SPDX-License-Identifier: Apache-2.0
// The essence of a report for the terminal.

import Foundation
import NNQReport

extension QuantizationFigures {
    /// Accuracy or errors, the layers that cost most, and what to do.
    var essence: [String] { [""] + verdict + [""] + costliest + [""] + advice.map { "- \($0.text)" } + [""] }

    private var verdict: [String] {
        var table = Table(["", "float", "int8"], rightAligned: [1, 2])
        if let answers {
            let pairs = answers.pairs
            table.add(["accuracy", percent(pairs.float.value), percent(pairs.int8.value)])
            table.add(["95 % interval", Self.text(pairs.float.interval), Self.text(pairs.int8.interval)])
            let test = String(format: "difference %+.2f points, p = %.2g; ", 100 * pairs.difference, pairs.mcNemar)
            return table.lines + [
                test + "same answer to \(percent(answers.agreement.value)) of \(grouped(samples)) samples of \(data)"
            ]
        }
        guard let values else { return [] }
        table.add(["MAE", decimal(Float(values.float.mae)), decimal(Float(values.int8.mae))])
        table.add(["RMSE", decimal(Float(values.float.rmse)), decimal(Float(values.int8.rmse))])
        return table.lines + [
            "int8 from float: RMSE \(decimal(Float(values.difference.rmse))), on \(grouped(samples)) samples of \(data)"
        ]
    }

    private static func text(_ interval: Interval) -> String {
        String(format: "%.2f - %.2f", 100 * interval.low, 100 * interval.high)
    }

    /// The five layers of the largest noise shares.
    private var costliest: [String] {
        var table = Table(["layer", "noise share", "SQNR dB", "saturated", "steps used"], rightAligned: [1, 2, 3, 4])
        let worst = swaps.layers.sorted { swaps.noiseShare($0) > swaps.noiseShare($1) }.prefix(5)
        for swap in worst {
            guard let layer = layers.first(where: { $0.name == swap.layer }) else { continue }
            table.add([
                swap.layer, String(format: "%.1f %%", 100 * swaps.noiseShare(swap)),
                layer.sqnr.map { String(format: "%.1f", $0) } ?? "exact",
                String(format: "%.3f %%", 100 * layer.saturatedShare),
                "\(layer.stepsUsed)/\(layer.steps)",
            ])
        }
        return table.lines
    }
}
