// SPDX-License-Identifier: Apache-2.0
// What the methods of a quantization changed, as lines for people.

import NNQQuantize

extension QuantizationReport {
    /// One line for each method that was chosen.
    public var lines: [String] {
        [
            activationLine, calibratorLine, weightLine, equalizationLine, absorptionLine, biasLine, roundingLine,
        ].compactMap { $0 }
    }

    /// Nil where all activations have 8 bits.
    var activationLine: String? {
        guard options.activationBits.hasSixteen else { return nil }
        guard options.activationBits != .sixteen else { return "activations of 16 bits, weights of 8" }
        return "activations of 16 bits in \(wideLayers.joined(separator: ", ")); of 8 in other layers"
    }

    private var calibratorLine: String? {
        guard !calibration.isEmpty else { return nil }
        let cuts = calibration.filter { $0.value.cutShare > 0 }
        guard let most = cuts.max(by: { $0.value.cutShare < $1.value.cutShare }) else {
            return "calibrator \(options.calibrator): ranges hold all values"
        }
        return
            "calibrator \(options.calibrator): cuts values of \(cuts.count) of \(calibration.count) tensors, most of "
            + "'\(most.key)', \(Words.percent(most.value.cutShare, digits: 4))"
    }

    private var weightLine: String? {
        guard !weightScales.isEmpty else { return nil }
        let clipped = weightScales.reduce(0) { $0 + $1.clippedWeights }
        let ratios = weightScales.filter { $0.squaredErrorOfMax > 0 }.map { $0.squaredError / $0.squaredErrorOfMax }
        let ratio = ratios.reduce(0, +) / Double(max(ratios.count, 1))
        let choice = (options.weightScales ?? .mse).rawValue
        return "weight scales \(choice): \(Words.grouped(clipped)) weights clipped, their squared error "
            + Words.fixed(ratio, 2) + " times that of max"
    }

    private var equalizationLine: String? {
        guard let equalization else { return nil }
        let pinned = equalization.pinnedChannels
        return "equalize: \(equalization.pairs) pairs of layers in \(equalization.iterations) rounds, largest factor "
            + Words.number(equalization.largestFactor)
            + (pinned > 0 ? "; \(pinned) channels reach the clip of a ReLU6 and keep their scale" : "")
    }

    private var absorptionLine: String? {
        guard let absorbBias else { return nil }
        let channels = absorbBias.amounts.values.reduce(0) { $0 + $1.count { $0 > 0 } }
        let largest = absorbBias.amounts.values.compactMap { $0.max() }.max() ?? 0
        return
            "absorb-bias: \(channels) channels of \(absorbBias.amounts.count) layers, by up to \(Words.number(Double(largest)))"
    }

    private var biasLine: String? {
        if biasCorrection?.isEmpty == true { return "bias-correction: no layer reads what a batch norm gives" }
        guard let most = biasCorrection?.max(by: { $0.largestShift < $1.largestShift }) else { return nil }
        return "bias-correction: \(biasCorrection!.count) layers, by up to \(Words.number(most.largestShift)) in "
            + "'\(most.layer)'"
    }

    private var roundingLine: String? {
        guard let adaround, !adaround.isEmpty else { return nil }
        let changed = adaround.reduce(0) { $0 + $1.changedShare } / Double(adaround.count)
        let ratios = adaround.filter { $0.squaredErrorBefore > 0 }.map { $0.squaredErrorAfter / $0.squaredErrorBefore }
        let ratio = ratios.reduce(0, +) / Double(max(ratios.count, 1))
        return
            "adaround: \(adaround.count) layers, \(Words.percent(changed)) of a layer's weights rounded the other way, "
            + "squared error \(Words.fixed(ratio, 2)) times that of the nearest"
    }
}
