// SPDX-License-Identifier: Apache-2.0
// Calibrators against what the values themselves say.

import Foundation
import NNQBase
import NNQFormat
import NNQQuantize
import Testing

@Suite struct CalibratorTests {
    /// Values of a few shapes: normal, after a ReLU, with outliers, on one side.
    private static func values(_ seed: UInt64) -> [Float] {
        var rng = Rng(seed: seed, stream: 41)
        return (0..<20_000).map { _ in
            switch seed % 4 {
            case 0: rng.normal()
            case 1: max(0, rng.normal())
            case 2: rng.normal() * (rng.below(500) == 0 ? 12 : 1)
            default: -abs(rng.normal()) * exp2(rng.uniform(-4, 0))
            }
        }
    }

    private static func observer(_ values: [Float], momentum: Double = 0.9, portion: Int = 997) throws
        -> HistogramObserver
    {
        var observer = HistogramObserver(momentum: momentum)
        for first in stride(from: 0, to: values.count, by: portion) {
            try observer.observe(Array(values[first..<min(first + portion, values.count)]))
        }
        return observer
    }

    /// The squared error of int8 with a range, by quantizing every value.
    private static func squaredError(_ values: [Float], _ range: ValueRange) -> Double {
        let quantization = range.quantization
        return values.reduce(0) { sum, value in
            let error = Double(value - quantization.dequantize(quantization.quantize(value)))
            return sum + error * error
        }
    }

    @Test(arguments: UInt64(0)..<8)
    func mseIsTheLeastOfManyRanges(_ seed: UInt64) throws {
        let values = Self.values(seed)
        let observer = try Self.observer(values)
        let chosen = Self.squaredError(values, observer.range(by: .mse))
        let extent = observer.extent
        for low in stride(from: Float(0.1), through: 1, by: 0.05) {
            for high in stride(from: Float(0.1), through: 1, by: 0.05) {
                let range = ValueRange(low * extent.low, high * extent.high)
                // The expected error inside of a range is not that of these values to the last percent.
                #expect(chosen <= 1.03 * Self.squaredError(values, range), "seed \(seed): \(range)")
            }
        }
    }

    @Test(arguments: UInt64(0)..<4)
    func movingAverageIsThatOfThePortions(_ seed: UInt64) throws {
        let values = Self.values(seed)
        let observer = try Self.observer(values, momentum: 0.75, portion: 1000)
        var low = Double(values[..<1000].min()!)
        var high = Double(values[..<1000].max()!)
        for first in stride(from: 1000, to: values.count, by: 1000) {
            low = 0.75 * low + 0.25 * Double(values[first..<first + 1000].min()!)
            high = 0.75 * high + 0.25 * Double(values[first..<first + 1000].max()!)
        }
        let range = observer.range(by: .movingAverage(momentum: 0.75))
        #expect(range == ValueRange(Float(low), Float(high)), "seed \(seed)")
    }

    /// The divergence of a few ranges from the definition, bin by bin; none is below that of the range chosen.
    @Test(arguments: UInt64(0)..<4)
    func entropyIsTheLeastOfManyRanges(_ seed: UInt64) throws {
        let values = Self.values(seed)
        let observer = try Self.observer(values)
        let bins = Bins(values)
        let extent = observer.extent
        let chosen = try #require(bins.divergence(observer.range(by: .entropy)))
        var candidates = 0
        for low in stride(from: Float(0.2), through: 1, by: 0.1) {
            for high in stride(from: Float(0.2), through: 1, by: 0.1) {
                guard let other = bins.divergence(ValueRange(low * extent.low, high * extent.high)) else { continue }
                candidates += 1
                #expect(chosen <= 1.02 * other + 1e-4, "seed \(seed): \(low), \(high)")
            }
        }
        #expect(candidates > 0)
    }

    @Test func everyRangeHoldsZeroAndNothingOutside() throws {
        for seed in UInt64(0)..<8 {
            let values = Self.values(seed)
            let observer = try Self.observer(values)
            for calibrator in [Calibrator.minMax, .movingAverage(momentum: 0.9), .percentile(99.9), .mse, .entropy] {
                let range = observer.range(by: calibrator)
                let extent = observer.extent
                #expect(range.low <= 0 && range.high >= 0)
                #expect(range.low >= extent.low && range.high <= extent.high, "seed \(seed), \(calibrator)")
                let cut = Double(values.count { $0 < range.low || $0 > range.high }) / Double(values.count)
                #expect(abs(observer.cutShare(by: range) - cut) < 2e-3, "seed \(seed), \(calibrator)")
            }
        }
    }

    /// What 256 steps gain from a clip, 65,536 lose.
    @Test(arguments: [Calibrator.mse, .entropy], UInt64(0)..<4)
    func int16KeepsTheExtent(_ calibrator: Calibrator, _ seed: UInt64) throws {
        let observer = try Self.observer(Self.values(seed))
        #expect(observer.range(by: calibrator, for: .int16) == observer.extent, "seed \(seed)")
        // Of these values, those with outliers are worth a clip to both.
        if seed == 2 { #expect(observer.range(by: calibrator) != observer.extent) }
    }

    /// However many values were seen, the observer holds its bins and nothing else.
    @Test func memoryDoesNotGrow() throws {
        var observer = HistogramObserver()
        let size = MemoryLayout.size(ofValue: observer)
        for portion in 0..<200 { try observer.observe(Self.values(UInt64(portion % 4))) }
        #expect(MemoryLayout.size(ofValue: observer) == size)
        #expect(observer.bins == 2 * HistogramObserver.side)
        #expect(observer.total == 200 * 20_000)
    }
}

/// A histogram made at once, and divergences by their definition.
private struct Bins {
    private let width: Float
    private var counts: [Int: Int] = [:]

    init(_ values: [Float]) {
        let largest = values.reduce(0) { max($0, abs($1)) }
        width = exp2(floor(log2(largest)) + 1 - 12)
        for value in values where value != 0 { counts[Int((value / width).rounded(.down)), default: 0] += 1 }
    }

    /// KL(P || Q) over the bins from `below` under zero to `above` over it; nil where it is infinite or there are few.
    func divergence(_ range: ValueRange) -> Double? {
        let below = Int((-range.low / width).rounded(.up))
        let above = Int((range.high / width).rounded(.up))
        guard below + above >= 256 else { return nil }
        let inside = (-below..<above).map { counts[$0] ?? 0 }
        var p = inside.map(Double.init)
        p[0] += Double(counts.filter { $0.key < -below }.values.reduce(0, +))
        p[p.count - 1] += Double(counts.filter { $0.key >= above }.values.reduce(0, +))
        let step = Double(below + above) / 255
        let zeroPoint = (Double(below) / step).rounded()
        var groups = Array(repeating: [Int](), count: 256)
        for bin in inside.indices {
            // The step whose values hold the middle of the bin.
            let level = ((Double(bin - below) + 0.5) / step + zeroPoint).rounded()
            groups[Int(min(max(level, 0), 255))].append(bin)
        }
        var q = Array(repeating: 0.0, count: p.count)
        for group in groups {
            let filled = group.filter { inside[$0] > 0 }
            let sum = filled.reduce(0) { $0 + inside[$1] }
            for bin in filled { q[bin] = Double(sum) / Double(filled.count) }
        }
        let (pSum, qSum) = (p.reduce(0, +), q.reduce(0, +))
        var total = 0.0
        for (p, q) in zip(p, q) where p > 0 {
            guard q > 0 else { return nil }
            total += p / pSum * log(p / pSum / (q / qSum))
        }
        return total
    }
}
