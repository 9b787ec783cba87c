// SPDX-License-Identifier: Apache-2.0
// Sentences that follow from figures by stated rules.

import NNQQuantize

/// One recommendation.
public struct Advice: Hashable, Codable, Sendable {
    /// What it follows from.
    public enum Rule: String, Hashable, Codable, Sendable, CaseIterable {
        /// McNemar's test: p below 0.05 is more than chance.
        case verdict
        /// The interval of the difference is more than a point wide on a side.
        case fewSamples = "few-samples"
        /// A layer makes at least a fifth of the noise that layers make one by one, where int8 needs work.
        case guiltyLayer = "guilty-layer"
        /// Over 1 % of a tensor's values lie outside of its range.
        case saturation
        /// One scale for a layer whose channels differ by more than 8 to 1.
        case channelSpread = "channel-spread"
        /// Fewer than 100 calibration samples.
        case fewCalibrationSamples = "few-calibration-samples"
        /// What decides the RAM.
        case peak
    }

    public var rule: Rule
    public var text: String

    /// All that the rules say, the most important first.
    package static func all(for figures: QuantizationFigures) -> [Advice] {
        [
            verdict(figures), fewSamples(figures), guiltyLayer(figures), saturation(figures), channelSpread(figures),
            fewCalibrationSamples(figures), peak(figures),
        ].compactMap { $0 }
    }
}

extension QuantizationFigures {
    /// Whether int8 loses more than chance explains, differs in over 2 % of answers, or has errors over 5 % larger.
    var needsWork: Bool {
        if let answers {
            let loses = answers.pairs.mcNemar < 0.05 && answers.pairs.difference < 0
            return loses || answers.agreement.value < 0.98
        }
        return values.map { $0.int8.rmse > 1.05 * $0.float.rmse } ?? false
    }
}

extension Advice {
    private static func verdict(_ figures: QuantizationFigures) -> Advice? {
        let end = figures.needsWork ? "" : " Nothing needs to be done: use the model as it is."
        if let pairs = figures.answers?.pairs {
            return Advice(rule: .verdict, text: sentence(pairs) + end)
        }
        guard let values = figures.values else { return nil }
        let change = values.float.rmse > 0 ? values.int8.rmse / values.float.rmse - 1 : 0
        return Advice(
            rule: .verdict,
            text: "The root mean squared error is \(Words.number(values.int8.rmse)) in int8 and "
                + "\(Words.number(values.float.rmse)) in float, \(Words.signed(100 * change, 1)) %." + end)
    }

    private static func sentence(_ pairs: PairedAnswers) -> String {
        let points = Words.fixed(abs(100 * pairs.difference), 2)
        let p = "McNemar's test: p \(pairs.mcNemar < 0.0001 ? "" : "= ")\(Words.probability(pairs.mcNemar))"
        if pairs.mcNemar < 0.05 {
            return
                "int8 \(pairs.difference < 0 ? "loses" : "gains") \(points) points, more than chance explains (\(p))."
        }
        if pairs.difference == 0 { return "int8 is right as often as float (\(p))." }
        return
            "int8 is \(points) points \(pairs.difference < 0 ? "below" : "above") float, which is within the noise of "
            + "\(Words.grouped(pairs.count)) samples (\(p))."
    }

    private static func fewSamples(_ figures: QuantizationFigures) -> Advice? {
        guard let pairs = figures.answers?.pairs else { return nil }
        let interval = pairs.differenceInterval
        let reach = max(interval.high - pairs.difference, pairs.difference - interval.low)
        guard reach > 0.01 else { return nil }
        return Advice(
            rule: .fewSamples,
            text:
                "\(Words.grouped(pairs.count)) samples know the difference to \(Words.fixed(100 * reach, 1)) points only: "
                + "report on more to know it better.")
    }

    private static func saturation(_ figures: QuantizationFigures) -> Advice? {
        let cut = figures.layers.filter { $0.saturatedShare > 0.01 }.sorted { $0.saturatedShare > $1.saturatedShare }
        guard let most = cut.first else { return nil }
        let others = cut.count > 1 ? " (and \(cut.count - 1) more)" : ""
        return Advice(
            rule: .saturation,
            text:
                "Activations of '\(most.name)'\(others) saturate: \(Words.percent(most.saturatedShare)) of its values lie "
                + "outside of its range. Calibrate on more samples or on samples more like these, or use "
                + "--calibrator min-max.")
    }

    private static func channelSpread(_ figures: QuantizationFigures) -> Advice? {
        guard figures.methods.options.weightScales == .tensor,
            let widest = figures.weights.max(by: { $0.spread < $1.spread }), widest.spread > 8
        else { return nil }
        return Advice(
            rule: .channelSpread,
            text:
                "Channels of '\(widest.layer)' differ by \(Words.short(widest.spread)) to 1 and share one scale: give each "
                + "its own with --weight-scales max.")
    }

    private static func fewCalibrationSamples(_ figures: QuantizationFigures) -> Advice? {
        let count = figures.methods.calibrationSamples
        guard (1..<100).contains(count) else { return nil }
        return Advice(
            rule: .fewCalibrationSamples,
            text: "Ranges come from \(count) calibration samples: some hundreds are better.")
    }

    private static func peak(_ figures: QuantizationFigures) -> Advice? {
        let memory = figures.memory
        let moment = memory.moments[memory.peak]
        guard let name = moment.writes.last else { return nil }
        let alive = memory.tensors.filter { ($0.first...$0.last).contains(memory.peak) }
            .sorted { $0.bytes > $1.bytes }.prefix(3)
        let bound =
            memory.isProvenOptimal ? "no order of places takes less" : "at least \(Words.grouped(memory.lowerBound))"
        return Advice(
            rule: .peak,
            text:
                "RAM is \(Words.grouped(memory.arenaBytes)) bytes (\(bound)); most is in use while '\(name)' is computed: "
                + alive.map { "'\($0.name)' takes \(Words.grouped($0.bytes))" }.joined(separator: ", ") + ".")
    }
}
