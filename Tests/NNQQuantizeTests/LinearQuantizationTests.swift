// SPDX-License-Identifier: Apache-2.0
// Weights in integers, and accumulators that cannot overflow.

import NNQArithmetic
import NNQBase
import NNQFormat
import NNQQuantize
import Testing

@Suite struct LinearQuantizationTests {
    /// The certificate of SPEC.md, section 4, for every channel.
    private func expectFits(_ linear: QuantizedLinear, _ comment: Comment? = nil) {
        let channels = linear.requantization.bias.count
        let terms = linear.filter.count / channels
        for channel in 0..<channels {
            let weights = linear.filter[channel * terms..<(channel + 1) * terms]
            let sum = abs(Int(linear.requantization.bias[channel])) + 128 * weights.reduce(0) { $0 + abs(Int($1)) }
            #expect(sum << linear.preShift <= Int(Int32.max), comment)
        }
        #expect(linear.filter.allSatisfy { $0 >= -127 }, comment)
        #expect(linear.output.scale.isNormal, comment)
    }

    /// The real value that channel `channel` gives where the raw input is `q` everywhere.
    private func value(_ linear: QuantizedLinear, _ channel: Int, q: Int) -> Double {
        let block = linear.requantization
        let terms = linear.filter.count / block.bias.count
        let sum = linear.filter[channel * terms..<(channel + 1) * terms].reduce(Int(block.bias[channel])) {
            $0 + q * Int($1)
        }
        let fixed =
            Double(block.multiplier[channel])
            * Double(sign: .plus, exponent: linear.preShift - Int(block.shift[channel]), significand: 1)
        return Double(sum) * fixed * Double(linear.output.scale)
    }

    @Test func foldsTheZeroPoint() throws {
        var rng = Rng(seed: 30)
        for round in 0..<300 {
            let (channels, terms) = (rng.pick(1...5), rng.pick(1...60))
            let weights = LinearWeights(filter: rng.values(channels * terms), bias: rng.values(channels))
            let input = Quantization(scale: 0.02, zeroPoint: Int8(rng.pick(-128...127)))
            let output = Quantization(scale: 0.05, zeroPoint: 7)
            let linear = try #require(weights.quantized(input: input, output: output))
            #expect(linear.output == output && linear.coarserChannels == 0 && linear.preShift == 0)
            expectFits(linear)
            for channel in 0..<channels {
                let row = weights.filter[channel * terms..<(channel + 1) * terms]
                #expect(linear.filter[channel * terms..<(channel + 1) * terms].map { abs(Int($0)) }.max() == 127)
                let q = rng.pick(-128...127)
                let real = Double(input.scale) * Double(q - Int(input.zeroPoint))
                let exact = row.reduce(Double(weights.bias[channel])) { $0 + real * Double($1) }
                let step = Double(row.map(abs).max()!) / 127
                let bound = abs(real) * step / 2 * Double(terms) + Double(input.scale) * step
                #expect(abs(value(linear, channel, q: q) - exact) <= bound, "seed 30 round \(round)")
            }
        }
    }

    @Test func aChannelOfZerosGivesItsBias() throws {
        let weights = LinearWeights(filter: [0, 0, 0, 0.5, 0, -0.25], bias: [0.75, -1])
        let input = Quantization(scale: 0.1, zeroPoint: -20)
        let linear = try #require(weights.quantized(input: input, output: Quantization(scale: 0.01, zeroPoint: 0)))
        expectFits(linear)
        #expect(linear.filter.prefix(3) == [0, 0, 0])
        #expect(abs(value(linear, 0, q: 55) - 0.75) < 1e-4)
        let dead = try #require(LinearWeights(filter: [0], bias: [0]).quantized(input: input, output: input))
        #expect(dead.requantization.bias == [0])
    }

    @Test func aLargeBiasGetsLargerSteps() throws {
        let weights = LinearWeights(filter: [1e-12, 1], bias: [3, 3])
        let input = Quantization(scale: 0.01, zeroPoint: 0)
        let linear = try #require(weights.quantized(input: input, output: Quantization(scale: 0.02, zeroPoint: 0)))
        expectFits(linear)
        #expect(linear.coarserChannels == 1 && linear.output.scale == 0.02)
        #expect(abs(value(linear, 0, q: 0) - 3) < 1e-4 && abs(value(linear, 1, q: 0) - 3) < 1e-4)
    }

    @Test func veryManyWeightsGetLargerSteps() throws {
        let terms = 200_000
        let weights = LinearWeights(filter: Array(repeating: 0.01, count: terms), bias: [0])
        let input = Quantization(scale: 0.01, zeroPoint: -128)
        let linear = try #require(weights.quantized(input: input, output: Quantization(scale: 2, zeroPoint: -128)))
        expectFits(linear)
        #expect(linear.coarserChannels == 1)
        let exact = 0.01 * 0.01 * 28 * Double(terms)
        #expect(abs(value(linear, 0, q: -100) / exact - 1) < 0.01)
    }

    /// An output that hardly moves next to the steps of the accumulator.
    @Test func aTinyOutputRangeIsWidened() throws {
        let weights = LinearWeights(filter: Array(repeating: 100, count: 500), bias: [1])
        let input = Quantization(scale: 1, zeroPoint: 0)
        let linear = try #require(weights.quantized(input: input, output: Quantization(scale: 1e-9, zeroPoint: 3)))
        expectFits(linear)
        #expect(linear.output.scale > 1e-9 && linear.output.zeroPoint == 3)
    }

    @Test func whateverTheScalesTheProofHolds() throws {
        var rng = Rng(seed: 31)
        for round in 0..<3000 {
            let (channels, terms) = (rng.pick(1...4), rng.pick(1...40))
            var filter: [Float] = []
            for _ in 0..<channels {
                filter += rng.values(terms, scale: rng.below(8) == 0 ? 0 : Float.exp2(rng.uniform(-60, 30)))
            }
            let weights = LinearWeights(
                filter: filter, bias: (0..<channels).map { _ in rng.normal() * Float.exp2(rng.uniform(-30, 30)) })
            let input = Quantization(scale: Float.exp2(rng.uniform(-40, 20)), zeroPoint: Int8(rng.pick(-128...127)))
            let output = Quantization(scale: Float.exp2(rng.uniform(-40, 20)), zeroPoint: Int8(rng.pick(-128...127)))
            let linear = try #require(weights.quantized(input: input, output: output), "seed 31 round \(round)")
            expectFits(linear, "seed 31 round \(round)")
            #expect(linear.requantization.shift.allSatisfy { FixedPointFactor.shifts.contains(Int($0)) })
        }
    }
}

extension Float {
    fileprivate static func exp2(_ x: Float) -> Float {
        Float(sign: .plus, exponent: Int(x.rounded(.down)), significand: 1 + (x - x.rounded(.down)))
    }
}
