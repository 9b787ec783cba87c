// SPDX-License-Identifier: Apache-2.0
// What values each channel of each tensor can have: interval arithmetic from the inputs to the outputs.

import CNNQ
import NNQFormat

/// The least and the largest value that a channel can have, whatever the program's inputs are.
struct ChannelRange: Hashable {
    var low: Int
    var high: Int

    static let int8 = ChannelRange(low: -128, high: 127)

    /// The channel's one value, or nil where it may have several.
    var constant: Int? { low == high ? low : nil }

    func joined(_ other: ChannelRange) -> ChannelRange {
        ChannelRange(low: min(low, other.low), high: max(high, other.high))
    }

    func joined(_ value: Int) -> ChannelRange { joined(ChannelRange(low: value, high: value)) }

    /// The range of a function that never falls.
    func map(_ rising: (Int) -> Int) -> ChannelRange { ChannelRange(low: rising(low), high: rising(high)) }

    /// The range of `value * factor` for a factor of any sign.
    static func * (range: ChannelRange, factor: Int) -> ChannelRange {
        let ends = (range.low * factor, range.high * factor)
        return ChannelRange(low: min(ends.0, ends.1), high: max(ends.0, ends.1))
    }

    static func + (a: ChannelRange, b: ChannelRange) -> ChannelRange {
        ChannelRange(low: a.low + b.low, high: a.high + b.high)
    }
}

extension Program {
    /// The range of each channel, by tensor.
    func channelRanges() -> [[ChannelRange]] {
        var ranges = tensors.prefix(inputCount).map { Array(repeating: ChannelRange.int8, count: $0.channels) }
        for index in operations.indices {
            ranges.append(channelRanges(of: index, operations[index].inputs.map { ranges[$0] }))
        }
        return ranges
    }

    /// The ranges of an op's output channels from those of its inputs.
    private func channelRanges(of index: Int, _ inputs: [[ChannelRange]]) -> [ChannelRange] {
        let output = tensors[output(of: index)]
        if let linear = LinearOperation(self, index) {
            return (0..<linear.channels).map { linear.range(of: $0, inputs[0]) }
        }
        if let pair = PairArithmetic(self, index) {
            let (a, b) = (inputs[0], inputs[1])
            return (0..<output.channels).map { pair.range(a[a.count == 1 ? 0 : $0], b[b.count == 1 ? 0 : $0]) }
        }
        switch operations[index].operation {
        case .maxPool(let p):
            return inputs[0].map { $0.map { min(max($0, Int(p.act_min)), Int(p.act_max)) } }
        case .averagePool(let p, let multipliers):
            let pool = AveragePool(p, multipliers, tensors[operations[index].inputs[0]], output)
            return inputs[0].map(pool.range)
        case .table(let values):
            return inputs[0].map { range in
                let image = values[range.low + 128...range.high + 128]
                return ChannelRange(low: Int(image.min()!), high: Int(image.max()!))
            }
        case .pad(let p):
            let front = ChannelRange(low: Int(p.value), high: Int(p.value))
            let isPadded = max(p.pad_top, p.pad_bottom, p.pad_left, p.pad_right) > 0
            return Array(repeating: front, count: Int(p.pad_front))
                + inputs[0].map { isPadded ? $0.joined(front) : $0 } + Array(repeating: front, count: Int(p.pad_back))
        case .constant(let bytes) where output.type == .int8:
            let values = bytes.map { Int(Int8(bitPattern: $0)) }
            return (0..<output.channels).map { channel in
                let own = stride(from: channel, to: values.count, by: output.channels).map { values[$0] }
                return ChannelRange(low: own.min()!, high: own.max()!)
            }
        case .reduce(let p): return p.ranges(inputs[0], tensors[operations[index].inputs[0]], output)
        case .concat(_, let rescales):
            let converted = zip(inputs, rescales).map { ranges, rescale in ranges.map { $0.map(rescale.apply) } }
            return links(of: index)!.ranges(converted, count: output.channels)
        case .reshape:
            return links(of: index)?.ranges(inputs, count: output.channels)
                ?? Array(repeating: .int8, count: output.channels)
        default: return Array(repeating: .int8, count: output.channels)
        }
    }
}

extension LinearOperation {
    /// What an input channel's tap can be.
    func range(_ input: ChannelRange, under tap: Int) -> ChannelRange {
        switch taps[tap] {
        case .map: input
        case .padding: ChannelRange(low: inputZeroPoint, high: inputZeroPoint)
        case .both: input.joined(inputZeroPoint)
        }
    }

    /// The range of a channel's accumulator.
    func accumulator(of channel: Int, _ inputs: [ChannelRange]) -> ChannelRange {
        var acc = ChannelRange(low: Int(block.bias[channel]), high: Int(block.bias[channel]))
        for tap in taps.indices {
            for depth in 0..<depth {
                let weight = Int(filter[place(channel, tap, depth)])
                if weight == 0 { continue }
                acc = acc + range(inputs[inputChannel(channel, depth)], under: tap) * weight
            }
        }
        return acc
    }

    func range(of channel: Int, _ inputs: [ChannelRange]) -> ChannelRange {
        accumulator(of: channel, inputs).map { output(channel, $0) }
    }
}

extension nnq_reduce_params {
    fileprivate func ranges(
        _ inputs: [ChannelRange], _ input: ProgramTensor, _ output: ProgramTensor
    ) -> [ChannelRange] {
        // Over channels, every input channel counts.
        let joined = inputs.dropFirst().reduce(inputs[0]) { $0.joined($1) }
        let ranges = output.channels == inputs.count ? inputs : [joined]
        if kind != 0 { return ranges }
        let count = input.count / output.count
        return ranges.map { range in
            range.map {
                let scaled = Requantizer.scale(
                    ($0 - input.zeroPoint) * count, multiplier, shift, twice: rounding == 1)
                return min(max(output.zeroPoint + scaled, -128), 127)
            }
        }
    }
}

extension Rescale {
    fileprivate func apply(_ q: Int) -> Int { min(max((q * Int(multiplier) + Int(constant)) >> Int(shift), -128), 127) }
}

/// An average pool's arithmetic over all numbers of elements that its window covers.
private struct AveragePool {
    private let p: nnq_average_pool_params
    private let multipliers: [Int32]
    private let counts: Set<Int>
    private let zeroPoints: (input: Int, output: Int)

    init(_ p: nnq_average_pool_params, _ multipliers: [Int32], _ input: ProgramTensor, _ output: ProgramTensor) {
        (self.p, self.multipliers, zeroPoints) = (p, multipliers, (input.zeroPoint, output.zeroPoint))
        let columns = SlidingAxis(across: p, input, output).counts
        counts = Set(SlidingAxis(down: p, input, output).counts.flatMap { rows in columns.map { rows * $0 } })
    }

    func range(_ input: ChannelRange) -> ChannelRange {
        let ranges = counts.map { count in input.map { mean(of: $0, count: count) } }
        return ranges.dropFirst().reduce(ranges[0]) { $0.joined($1) }
    }

    /// The pool of `count` elements that all have one value, which any others between two values lie between.
    private func mean(of value: Int, count: Int) -> Int {
        var result = value
        if p.rounding == 0 {
            let multiplier = multipliers.count == 1 ? multipliers[0] : multipliers[count - 1]
            let acc = (value - zeroPoints.input) * count << Int(p.pre_shift)
            result = zeroPoints.output + Requantizer.scale(acc, multiplier, p.shift, twice: false)
        }
        return min(max(result, Int(p.act_min)), Int(p.act_max))
    }
}
