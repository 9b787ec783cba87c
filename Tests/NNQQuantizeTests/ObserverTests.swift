// SPDX-License-Identifier: Apache-2.0
// Observers against the exact extent and quantiles.

import Foundation
import NNQBase
import NNQFormat
import NNQQuantize
import Testing

@Suite struct ObserverTests {
    @Test func extentIsExactAndHoldsZero() throws {
        var observer = HistogramObserver()
        #expect(observer.extent == ValueRange(0, 0))
        try observer.observe([3, 2, 5])
        #expect(observer.range(by: .minMax) == ValueRange(0, 5))
        try observer.observe([])
        try observer.observe([-0.25])
        #expect(observer.range(by: .minMax) == ValueRange(-0.25, 5))
        #expect(observer.total == 4)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func refusesWhatIsNotFinite(_ value: Float) throws {
        var observer = HistogramObserver()
        try observer.observe([1])
        #expect(throws: NotFinite.self) { try observer.observe([0, value, 1]) }
    }

    /// The portion outside, to within a bin at the edges: values are uniform or normal, many portions, growing scale.
    @Test(arguments: [50.5, 90, 99, 99.9, 100], [UInt64(1), 2, 3])
    func percentileIsThatOfTheSortedValues(_ percent: Double, _ seed: UInt64) throws {
        var rng = Rng(seed: seed)
        var observer = HistogramObserver()
        var all: [Float] = []
        for portion in 0..<40 {
            let scale = Float(portion + 1) * exp2(rng.uniform(-3, 1))
            let values = (0..<500).map { _ in
                seed == 1 ? rng.uniform(-scale, 2 * scale) : scale * rng.normal() + scale / 4
            }
            all += values
            try observer.observe(values)
        }
        all.sort()
        let width = 2 * max(-all[0], all.last!) / Float(HistogramObserver.side)
        let cut = Double(all.count) * (100 - percent) / 200
        let low = all[Int(cut.rounded(.down))]
        let high = all[all.count - 1 - Int(cut.rounded(.down))]
        let range = observer.range(by: .percentile(percent))
        #expect(abs(range.low - min(low, 0)) <= width, "seed \(seed)")
        #expect(abs(range.high - max(high, 0)) <= width, "seed \(seed)")
        if percent == 100 { #expect(range == ValueRange(all[0], all.last!)) }
    }

    @Test func orderAndPortionsDoNotMatter() throws {
        var rng = Rng(seed: 5)
        var values = (0..<5000).map { _ in rng.normal() * exp2(rng.uniform(-20, 20)) }
        var one = HistogramObserver()
        try one.observe(values)
        for _ in 0..<3 {
            rng.shuffle(&values)
            var other = HistogramObserver()
            var rest = values[...]
            while !rest.isEmpty {
                try other.observe(Array(rest.prefix(317)))
                rest = rest.dropFirst(317)
            }
            for calibrator in [Calibrator.percentile(99.5), .mse, .entropy] {
                #expect(other.range(by: calibrator) == one.range(by: calibrator))
            }
        }
    }

    @Test func extremesOfFloat() throws {
        for value in [Float.greatestFiniteMagnitude, .leastNormalMagnitude, .leastNonzeroMagnitude, 1, 0x1p-130] {
            var observer = HistogramObserver()
            try observer.observe([0])
            try observer.observe(Array(repeating: value, count: 1000) + [-value])
            let high = observer.range(by: .percentile(99.99)).high
            #expect(high <= value && high >= 0.99 * value)
            for calibrator in [Calibrator.mse, .entropy] {
                let range = observer.range(by: calibrator)
                #expect(range.low >= -value && range.high <= value, "\(calibrator) of \(value)")
            }
        }
        var zeros = HistogramObserver()
        try zeros.observe([0, 0, 0])
        for calibrator in [Calibrator.minMax, .movingAverage(momentum: 0.9), .percentile(99), .mse, .entropy] {
            #expect(zeros.range(by: calibrator) == ValueRange(0, 0))
        }
    }

    @Test func oneOutlierInAThousandIsCut() throws {
        var rng = Rng(seed: 8)
        var observer = HistogramObserver()
        try observer.observe((0..<10_000).map { _ in rng.uniform(0, 1) } + Array(repeating: 500, count: 5))
        let range = observer.range(by: .percentile(99.8))
        #expect(range.low == 0 && abs(range.high - 1) < 0.3)
    }

    @Test func rangesBecomeScales() {
        #expect(ValueRange(0, 2.55).quantization.zeroPoint == -128)
        #expect(ValueRange(-3, 0).quantization.zeroPoint == 127)
        #expect(ValueRange(-1, 1).quantization.zeroPoint == -1 || ValueRange(-1, 1).quantization.zeroPoint == 0)
        let dead = ValueRange(0, 0).quantization
        #expect(dead.scale.isNormal && dead.quantize(0) == dead.zeroPoint)
        #expect(ValueRange(0, .leastNonzeroMagnitude).quantization.scale.isNormal)
        #expect(ValueRange(-.greatestFiniteMagnitude, .greatestFiniteMagnitude).quantization.scale.isFinite)
        var rng = Rng(seed: 9)
        for _ in 0..<10_000 {
            let range = ValueRange(-exp2(rng.uniform(-9, 9)), exp2(rng.uniform(-9, 9)))
            let quantization = range.quantization
            for edge in [range.low, range.high, 0] {
                let back = quantization.dequantize(quantization.quantize(edge))
                #expect(abs(back - edge) <= 0.51 * quantization.scale, "seed 9: \(range)")
            }
        }
    }

    @Test func calibratorsAreReadFromText() throws {
        #expect(Calibrator("min-max") == .minMax)
        #expect(Calibrator("percentile:99.9") == .percentile(99.9))
        #expect(Calibrator("percentile") == .percentile(99.99))
        #expect(Calibrator("moving-average") == .movingAverage(momentum: 0.9))
        #expect(Calibrator("mse") == .mse && Calibrator("entropy") == .entropy)
        for text in [
            "", "max", "mse:1", "moving-average:1", "moving-average:-0.1", "percentile:", "percentile:50",
            "percentile:101", "percentile:x",
        ] {
            #expect(Calibrator(text) == nil)
        }
        let options = QuantizationOptions(
            calibrator: .percentile(99.9), rewrites: [.foldBatchNorm], calibrationSamples: 3)
        let json = try JSONEncoder().encode(options)
        #expect(try JSONDecoder().decode(QuantizationOptions.self, from: json) == options)
        #expect(String(decoding: json, as: UTF8.self).contains("\"percentile:99.9\""))
        let all = try JSONEncoder().encode(QuantizationOptions())
        #expect(String(decoding: all, as: UTF8.self).contains("[\"fold-batch-norm\",\"fuse-activations\",\"hoist-"))
    }
}
