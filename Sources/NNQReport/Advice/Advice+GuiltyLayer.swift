// SPDX-License-Identifier: Apache-2.0
// Which layer to look at, and what to try.

import NNQQuantize

extension Advice {
    static func guiltyLayer(_ figures: QuantizationFigures) -> Advice? {
        let swaps = figures.swaps
        guard figures.needsWork, let worst = swaps.layers.max(by: { $0.onlyInt8.noise < $1.onlyInt8.noise }) else {
            return nil
        }
        let share = swaps.noiseShare(worst)
        guard share >= 0.2 else {
            return Advice(
                rule: .guiltyLayer,
                text:
                    "No layer stands out: the worst, '\(worst.layer)', makes \(Words.percent(share, digits: 0)) of the "
                    + "noise that layers make one by one. Train for int8 (nnq train --qat) rather than change one.")
        }
        var text =
            "'\(worst.layer)' loses most: it makes \(Words.percent(share, digits: 0)) of the noise that layers make "
            + "one by one."
        if let now = swaps.allInt8.sqnr, let then = worst.onlyFloat.sqnr {
            text +=
                " With it in float, the output would have \(Words.fixed(then, 1)) dB instead of \(Words.fixed(now, 1))."
        }
        return Advice(rule: .guiltyLayer, text: "\(text) \(remedy(worst.layer, figures))")
    }

    /// The first that applies: 4 bits, a range that cuts, weights under 35 dB, few steps in use.
    private static func remedy(_ name: String, _ figures: QuantizationFigures) -> String {
        let options = figures.methods.options
        let layer = figures.layers.first { $0.name == name }
        let weights = figures.weights.first { $0.layer == name }
        if weights?.bits == 4 { return "Keep its weights at 8 bits: --layer-bits \(name)=8." }
        if let layer, layer.saturatedShare > 0.001 {
            return
                "Its range cuts off \(Words.percent(layer.saturatedShare)) of its values: try --calibrator min-max, or "
                + "more calibration samples."
        }
        if let sqnr = weights?.sqnr, sqnr < 35 {
            switch options.weightScales {
            case .tensor:
                return
                    "Its weights keep \(Words.fixed(sqnr, 1)) dB: give channels their own scale, --weight-scales max."
            case .mse where options.adaround: return "Train for int8: nnq train --qat."
            case .mse: return "Its weights keep \(Words.fixed(sqnr, 1)) dB: try --adaround."
            case .max, nil: return "Its weights keep \(Words.fixed(sqnr, 1)) dB: try --weight-scales mse."
            }
        }
        if let layer, layer.stepsUsed < 128, layer.bits == 8 {
            let other = options.calibrator == .minMax ? "--calibrator mse" : "--equalize activations"
            return "Its values use \(layer.stepsUsed) of 256 steps: try \(other)."
        }
        return "Train for int8: nnq train --qat."
    }
}
