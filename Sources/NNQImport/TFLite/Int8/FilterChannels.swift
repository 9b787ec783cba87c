// SPDX-License-Identifier: Apache-2.0
// Filters, biases and scales of a TFLite operator as a filter and a requantization block.

import NNQFormat

/// The weights of a convolution or a fully connected operator. Weight i belongs to output channel `i % channels` where
/// channels are innermost, else to `i / (weights per channel)`.
struct FilterChannels {
    var filter: [Int8]
    var isInnermost: Bool
    var bias: [Int32]
    var multipliers: [TFLiteMultiplier]
    var inputZeroPoint: Int
    var output: Quantization
    var limits: ClosedRange<Int>

    private var count: Int { bias.count }

    /// The block, rounding twice. Channels whose output never changes get the filter 0 and multipliers of the size that
    /// others have, with the same output: real models have them with scales that no multiplier can express.
    /// - Throws: `ChannelFault`.
    mutating func requantization() throws -> Requantization {
        let sums = sums()
        var block = Requantization(
            bias: bias, multiplier: multipliers.map(\.multiplier), shift: multipliers.map { $0.shift ?? 31 })
        var constants: [Int: Int] = [:]
        for channel in 0..<count {
            let folded = Int64(bias[channel]) - Int64(inputZeroPoint * sums[channel].signed)
            let fits = fits(folded, sums[channel].magnitude, multipliers[channel])
            if fits, sums[channel].magnitude > 0 {
                block.bias[channel] = Int32(folded)
            } else if let value = constantOutput(channel, folded, sums[channel]) {
                constants[channel] = value
            } else {
                throw ChannelFault(channel: channel)
            }
        }
        fill(&block, constants)
        return block
    }

    /// Whether no accumulator can leave 32 bits (SPEC.md, section 4).
    private func fits(_ bias: Int64, _ magnitude: Int, _ multiplier: TFLiteMultiplier) -> Bool {
        guard multiplier.shift != nil else { return false }
        return Int64(bias.magnitude) + 128 * Int64(magnitude) <= Int64(Int32.max) >> multiplier.left
    }

    private func sums() -> [(signed: Int, magnitude: Int)] {
        var sums = Array(repeating: (signed: 0, magnitude: 0), count: count)
        let length = filter.count / count
        for (index, weight) in filter.enumerated() {
            let channel = isInnermost ? index % count : index / length
            sums[channel].signed += Int(weight)
            sums[channel].magnitude += Int(weight.magnitude)
        }
        return sums
    }

    /// The one value of a channel that gives the same for the least and the largest accumulator; nil for others.
    private func constantOutput(_ channel: Int, _ folded: Int64, _ sum: (signed: Int, magnitude: Int)) -> Int? {
        let positive = Int64((sum.magnitude + sum.signed) / 2)
        let negative = Int64((sum.magnitude - sum.signed) / 2)
        let least = value(folded - 128 * positive - 127 * negative, multipliers[channel])
        let largest = value(folded + 127 * positive + 128 * negative, multipliers[channel])
        return least == largest ? least : nil
    }

    private func value(_ acc: Int64, _ multiplier: TFLiteMultiplier) -> Int {
        let scaled = Int(multiplier(acc)) + Int(output.zeroPoint)
        return min(max(scaled, limits.lowerBound), limits.upperBound)
    }

    /// Gives constant channels a bias and a multiplier with their value.
    private mutating func fill(_ block: inout Requantization, _ constants: [Int: Int]) {
        let live = multipliers.indices.filter { constants[$0] == nil && multipliers[$0].multiplier > 0 }
        let common = live.map { multipliers[$0] }.max { ($0.exponent, $0.multiplier) < ($1.exponent, $1.multiplier) }
        let length = filter.count / count
        for (channel, value) in constants {
            let (bias, multiplier) = bias(of: value, common ?? .half)
            block.bias[channel] = bias
            block.multiplier[channel] = multiplier.multiplier
            block.shift[channel] = multiplier.shift!
            for tap in 0..<length { filter[isInnermost ? tap * count + channel : channel * length + tap] = 0 }
        }
    }

    /// A bias that becomes this value, with the wanted multiplier if that one can.
    private func bias(of value: Int, _ wanted: TFLiteMultiplier) -> (Int32, TFLiteMultiplier) {
        let steps = Double(value - Int(output.zeroPoint))
        let factor = Double(wanted.multiplier) * Double(sign: .plus, exponent: wanted.exponent - 31, significand: 1)
        let bias = (steps / factor).rounded()
        if bias.magnitude < 0x1p31, fits(Int64(bias), 0, wanted), self.value(Int64(bias), wanted) == value {
            return (Int32(bias), wanted)
        }
        return (Int32(2 * steps), .half)
    }
}

/// An output channel whose accumulator can leave 32 bits.
struct ChannelFault: Error {
    var channel: Int
}
