// SPDX-License-Identifier: Apache-2.0
// Each rule of the advice, on both sides of its limit.

import Foundation
import NNQQuantize
import NNQReport
import Testing

@Suite struct AdviceTests {
    private static func figures(_ change: (inout QuantizationFigures) -> Void) throws -> QuantizationFigures {
        var figures = try Subject(seed: 3, count: 30).figures()
        figures.answers!.pairs = PairedAnswers(bothRight: 9000, onlyFloat: 10, onlyInt8: 10, bothWrong: 980)
        figures.answers!.agreement = Proportion(9950, of: 10_000)
        figures.methods.calibrationSamples = 512
        for place in figures.layers.indices { figures.layers[place].saturatedShare = 0 }
        change(&figures)
        return figures
    }

    private static func text(_ rule: Advice.Rule, _ change: (inout QuantizationFigures) -> Void) throws -> String? {
        Advice.all(for: try figures(change)).first { $0.rule == rule }?.text
    }

    /// Int8 loses 90 to 10, of the noise `share` in conv2d_2.
    private static func lose(_ figures: inout QuantizationFigures, share: Double = 0.8) {
        figures.answers!.pairs = PairedAnswers(bothRight: 9000, onlyFloat: 90, onlyInt8: 10, bothWrong: 900)
        let others = figures.swaps.layers.count { $0.layer != "conv2d_2" }
        for place in figures.swaps.layers.indices {
            let isWorst = figures.swaps.layers[place].layer == "conv2d_2"
            let noise = isWorst ? share : (1 - share) / Double(others)
            figures.swaps.layers[place].onlyInt8.sqnr = 30 - 10 * log10(noise)
        }
    }

    @Test func verdicts() throws {
        let equal = try #require(try Self.text(.verdict) { _ in })
        #expect(equal.contains("as often as float") && equal.contains("Nothing needs to be done"))
        let noise = try #require(
            try Self.text(.verdict) {
                $0.answers!.pairs = PairedAnswers(bothRight: 9000, onlyFloat: 15, onlyInt8: 10, bothWrong: 975)
            })
        #expect(noise.contains("0.05 points below float, which is within the noise of 10,000 samples"))
        let loss = try #require(try Self.text(.verdict) { Self.lose(&$0) })
        #expect(loss.contains("int8 loses 0.80 points, more than chance explains") && !loss.contains("Nothing"))
        let gain = try #require(
            try Self.text(.verdict) {
                $0.answers!.pairs = PairedAnswers(bothRight: 9000, onlyFloat: 10, onlyInt8: 90, bothWrong: 900)
            })
        #expect(gain.contains("int8 gains 0.80 points, more than chance") && gain.contains("Nothing needs"))
    }

    @Test func verdictsOfNumbers() throws {
        func figures(_ int8: Double) throws -> String? {
            try Self.text(.verdict) {
                $0.answers = nil
                $0.values = ValueFigures(
                    samples: 100, float: .init(mae: 0.8, rmse: 1), int8: .init(mae: 0.9, rmse: int8),
                    difference: .init(mae: 0.1, rmse: 0.1))
            }
        }
        #expect(try #require(try figures(1.04)).contains("+4.0 %. Nothing needs to be done"))
        #expect(try #require(try figures(1.06)).hasSuffix("+6.0 %."))
    }

    @Test func guiltyLayers() throws {
        #expect(try Self.text(.guiltyLayer) { _ in } == nil)
        let named = try #require(try Self.text(.guiltyLayer) { Self.lose(&$0) })
        #expect(named.contains("'conv2d_2' loses most: it makes 80 % of the noise"))
        // Six layers alike: none makes a fifth.
        let shared = try #require(
            try Self.text(.guiltyLayer) {
                Self.lose(&$0)
                let swap = $0.swaps.layers[0]
                $0.swaps.layers = (0..<6).map { number in
                    var other = swap
                    other.layer = "layer \(number)"
                    other.onlyInt8.sqnr = number == 4 ? 29.9 : 30
                    return other
                }
            })
        #expect(shared.contains("No layer stands out: the worst, 'layer 4', makes 17 %"))
        func remedy(_ change: (inout QuantizationFigures) -> Void) throws -> String {
            try #require(
                try Self.text(.guiltyLayer) {
                    Self.lose(&$0)
                    let layer = $0.layers.firstIndex { $0.name == "conv2d_2" }!
                    let weights = $0.weights.firstIndex { $0.layer == "conv2d_2" }!
                    $0.layers[layer].stepsUsed = 200
                    $0.weights[weights].sqnr = 45
                    change(&$0)
                })
        }
        func weights(_ figures: inout QuantizationFigures, _ change: (inout WeightFigures) -> Void) {
            change(&figures.weights[figures.weights.firstIndex { $0.layer == "conv2d_2" }!])
        }
        func layer(_ figures: inout QuantizationFigures, _ change: (inout LayerFigures) -> Void) {
            change(&figures.layers[figures.layers.firstIndex { $0.name == "conv2d_2" }!])
        }
        #expect(try remedy { _ in }.contains("nnq train --qat"))
        #expect(try remedy { weights(&$0) { $0.bits = 4 } }.contains("--layer-bits conv2d_2=8"))
        #expect(try remedy { layer(&$0) { $0.saturatedShare = 0.002 } }.contains("cuts off 0.20 %"))
        #expect(try remedy { weights(&$0) { $0.sqnr = 30 } }.contains("30.0 dB: try --weight-scales mse"))
        #expect(
            try remedy {
                weights(&$0) { $0.sqnr = 30 }
                $0.methods.options.weightScales = .tensor
            }.contains("--weight-scales max"))
        #expect(
            try remedy {
                weights(&$0) { $0.sqnr = 30 }
                $0.methods.options.weightScales = .mse
            }.contains("--adaround"))
        #expect(try remedy { layer(&$0) { $0.stepsUsed = 100 } }.contains("100 of 256 steps: try --equalize activations"))
        #expect(
            try remedy {
                layer(&$0) { $0.stepsUsed = 100 }
                $0.methods.options.calibrator = .minMax
            }.contains("100 of 256 steps: try --calibrator mse"))
    }

    @Test func limits() throws {
        #expect(try Self.text(.saturation) { $0.layers[1].saturatedShare = 0.0099 } == nil)
        let saturated = try #require(try Self.text(.saturation) { $0.layers[1].saturatedShare = 0.0101 })
        #expect(saturated.contains("Activations of 'conv2d_1' saturate: 1.01 %"))

        #expect(try Self.text(.fewCalibrationSamples) { $0.methods.calibrationSamples = 100 } == nil)
        #expect(try Self.text(.fewCalibrationSamples) { $0.methods.calibrationSamples = 0 } == nil)
        #expect(
            try #require(try Self.text(.fewCalibrationSamples) { $0.methods.calibrationSamples = 99 }).contains(
                "from 99"))

        #expect(try Self.text(.fewSamples) { _ in } == nil)
        let few = try #require(
            try Self.text(.fewSamples) {
                $0.answers!.pairs = PairedAnswers(bothRight: 90, onlyFloat: 2, onlyInt8: 2, bothWrong: 6)
            })
        #expect(few.contains("100 samples know the difference"))

        func spread(_ figures: inout QuantizationFigures, _ largest: Float) {
            figures.methods.options.weightScales = .tensor
            for place in figures.weights.indices {
                figures.weights[place].largest = figures.weights[place].largest.map { _ in 1 }
            }
            figures.weights[1].largest[0] = largest
        }
        #expect(try Self.text(.channelSpread) { spread(&$0, 7.9) } == nil)
        #expect(
            try #require(try Self.text(.channelSpread) { spread(&$0, 8.1) }).contains("'conv2d_2' differ by 8.1 to 1"))
        let peak = try #require(try Self.text(.peak) { _ in })
        #expect(peak.contains("while 'max_pool_1' is computed") || peak.contains("while 'conv2d_1' is computed"))
    }
}
