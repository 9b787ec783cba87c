// SPDX-License-Identifier: Apache-2.0
// Real factors become integers without losing more than 2^-31.

import Foundation
import NNQArithmetic
import NNQBase
import NNQFormat
import NNQQuantize
import Testing

@Suite struct MultiplierTests {
    @Test func isExactToARelative2ToTheMinus31() {
        var rng = Rng(seed: 20)
        var worst = 0.0
        for _ in 0..<200_000 {
            let preShift = rng.below(32)
            // From the least factor with a full multiplier up to the limit.
            let exponent = Double(preShift) - 2 - 30 * Double(rng.uniform()) * 0.9999 - 1e-9
            let factor = exp2(exponent)
            let fixed = FixedPointFactor(factor, preShift: preShift)
            #expect(fixed.multiplier >= 1 << 30 && FixedPointFactor.shifts.contains(Int(fixed.shift)))
            worst = max(worst, abs(fixed.value(preShift: preShift) / factor - 1))
        }
        #expect(worst <= 0x1p-31, "seed 20: \(worst)")
    }

    @Test(arguments: [0, 1, 5, 31])
    func edges(_ preShift: Int) {
        let limit = FixedPointFactor.limit(preShift: preShift)
        let below = FixedPointFactor(limit.nextDown, preShift: preShift)
        #expect(below.multiplier == Int32.max && below.shift == 33)
        #expect(abs(below.value(preShift: preShift) / limit - 1) <= 0x1p-31)

        let least = FixedPointFactor(limit * 0x1p-30, preShift: preShift)
        #expect(least.multiplier == 1 << 30 && least.shift == 62)
        // Below it, the shift stays and the multiplier shrinks.
        let smaller = FixedPointFactor(limit * 0x1p-31, preShift: preShift)
        #expect(smaller.multiplier == 1 << 29 && smaller.shift == 62)
        #expect(FixedPointFactor(limit * 0x1p-90, preShift: preShift).multiplier == 0)
        #expect(FixedPointFactor(0, preShift: preShift).multiplier == 0)
        // Just below a power of two the multiplier rounds up to it.
        let rounded = FixedPointFactor((limit / 2).nextDown, preShift: preShift)
        #expect(rounded.multiplier == 1 << 30 && rounded.shift == 33)
    }

    @Test func theSmallestPreShiftIsTaken() {
        #expect(FixedPointFactor.preShift(for: [0.1, 0.2499]) == 0)
        #expect(FixedPointFactor.preShift(for: [0.1, 0.25]) == 1)
        #expect(FixedPointFactor.preShift(for: [1]) == 3)
        #expect(FixedPointFactor.preShift(for: [exp2(29)]) == nil)
        #expect(FixedPointFactor.preShift(for: []) == 0)
    }

    @Test func sumsUseAllOf15Bits() throws {
        var rng = Rng(seed: 21)
        for round in 0..<20_000 {
            let a = Quantization(scale: exp2(rng.uniform(-8, 4)), zeroPoint: Int8(rng.pick(-128...127)))
            let b = Quantization(scale: exp2(rng.uniform(-8, 4)), zeroPoint: Int8(rng.pick(-128...127)))
            let output = Quantization(
                scale: max(a.scale, b.scale) * rng.uniform(0.5, 2.5), zeroPoint: Int8(rng.pick(-128...127)))
            let sum = try #require(SumArithmetic(inputs: [a, b], output: output))
            #expect((1...30).contains(sum.shift))
            let certificate = abs(Int(sum.constant)) + 128 * sum.multipliers.reduce(0) { $0 + Int($1) }
            #expect(certificate <= Int(Int32.max))
            #expect(sum.multipliers.max()! >= 1 << 13)
            let (p, q) = (rng.pick(-128...127), rng.pick(-128...127))
            let whole = p * Int(sum.multipliers[0]) + q * Int(sum.multipliers[1]) + Int(sum.constant)
            let real = Double(a.scale) * Double(p - Int(a.zeroPoint)) + Double(b.scale) * Double(q - Int(b.zeroPoint))
            let exact = real / Double(output.scale) + Double(output.zeroPoint)
            #expect(abs(Double(whole >> sum.shift) - exact) <= 0.5 + 0.04, "seed 21 round \(round)")
        }
    }

    @Test func sumsThatCannotBeAreRefused() {
        let wide = Quantization(scale: 1, zeroPoint: 0)
        #expect(SumArithmetic(inputs: [wide], output: Quantization(scale: 1e-6, zeroPoint: 0)) == nil)
        #expect(SumArithmetic(inputs: [wide, wide], output: Quantization(scale: 0.0001, zeroPoint: 0)) != nil)
    }

    @Test func rescalingToTheSameQuantizationCopies() {
        let quantization = Quantization(scale: 0.3, zeroPoint: -5)
        #expect(Rescale(from: quantization, to: quantization) == .identity)
        for q in -128...127 {
            #expect(
                (q * Int(Rescale.identity.multiplier) + Int(Rescale.identity.constant)) >> Int(Rescale.identity.shift)
                    == q)
        }
    }

    @Test func averagesDivideByEveryCount() throws {
        var rng = Rng(seed: 22)
        for _ in 0..<500 {
            let elements = rng.pick(1...49)
            let input = Quantization(scale: exp2(rng.uniform(-6, 2)), zeroPoint: Int8(rng.pick(-128...127)))
            let output = Quantization(scale: input.scale * rng.uniform(0.2, 1.2), zeroPoint: Int8(rng.pick(-128...127)))
            let pool = try #require(PoolArithmetic(input: input, output: output, elements: elements, isPadded: true))
            #expect(pool.multipliers.count == elements && FixedPointFactor.shifts.contains(pool.shift))
            for (index, multiplier) in pool.multipliers.enumerated() {
                let factor = Double(multiplier) * exp2(Double(pool.preShift - pool.shift))
                let exact = Double(input.scale) / Double(output.scale) / Double(index + 1)
                #expect(abs(factor / exact - 1) < Double(index + 1) * 0x1p-31)
            }
            let whole = try #require(PoolArithmetic(input: input, output: output, elements: elements, isPadded: false))
            #expect(whole.multipliers.count == 1)
        }
        let unit = Quantization(scale: 1, zeroPoint: 0)
        #expect(PoolArithmetic(input: unit, output: unit, elements: 1 << 24, isPadded: false) == nil)
        #expect(
            PoolArithmetic(input: unit, output: Quantization(scale: 1e-12, zeroPoint: 0), elements: 4, isPadded: false)
                == nil)
    }
}
