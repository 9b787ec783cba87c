// SPDX-License-Identifier: Apache-2.0
// Convolutions, depthwise convolutions and dense layers seen as one thing: weighted sums over taps and channels.

import NNQFormat

/// An op whose output channel `c` is `requantize(bias[c] + sum over taps and depth of weight * input)`.
struct LinearOperation {
    /// Where the weight of an output channel, a tap and a depth lies in the filter.
    private enum Layout {
        /// `[out_c, taps, depth]`
        case rows
        /// `[taps, out_c]`, depth 1
        case columns
    }

    private var operation: Operation
    private let layout: Layout
    private let groups: Int
    var filter: [Int8]
    var block: Requantization
    let requantizer: Requantizer
    let inputZeroPoint: Int
    /// What each tap reads.
    let taps: [TapReach]
    /// Input channels that an output channel reads.
    let depth: Int
    let channels: Int

    /// The op as such, or nil where it is another one.
    init?(_ program: Program, _ index: Int) {
        operation = program.operations[index].operation
        let output = program.tensors[program.output(of: index)]
        channels = output.channels
        var low, high, rounding, preShift: Int32
        guard let first = program.operations[index].inputs.first else { return nil }
        let input = program.tensors[first]
        switch operation {
        case .conv2D(let p, let filter, let block):
            (low, high, rounding, preShift) = (p.act_min, p.act_max, p.rounding, p.pre_shift)
            (self.filter, self.block, layout, groups) = (filter, block, .rows, Int(p.groups))
            taps = TapReach.taps(p, input, output)
            depth = input.channels / groups
        case .depthwiseConv2D(let p, let filter, let block):
            (low, high, rounding, preShift) = (p.act_min, p.act_max, p.rounding, p.pre_shift)
            (self.filter, self.block, layout, groups) = (filter, block, .columns, input.channels)
            taps = TapReach.taps(p, input, output)
            depth = 1
        case .dense(let p, let filter, let block):
            (low, high, rounding, preShift) = (p.act_min, p.act_max, p.rounding, p.pre_shift)
            (self.filter, self.block, layout, groups) = (filter, block, .rows, 1)
            taps = Array(repeating: .map, count: input.height * input.width)
            depth = input.channels
        default: return nil
        }
        inputZeroPoint = input.zeroPoint
        requantizer = Requantizer(
            roundsTwice: rounding == 1, preShift: Int(preShift), limits: Int(low)...Int(high),
            zeroPoint: output.zeroPoint)
    }

    /// The op with the filter and the block that this now has.
    var rebuilt: Operation {
        switch operation {
        case .conv2D(let p, _, _): .conv2D(p, filter: filter, block)
        case .depthwiseConv2D(let p, _, _): .depthwiseConv2D(p, filter: filter, block)
        case .dense(let p, _, _): .dense(p, filter: filter, block)
        default: operation
        }
    }

    /// Place of a weight in the filter.
    func place(_ channel: Int, _ tap: Int, _ depth: Int) -> Int {
        switch layout {
        case .rows: (channel * taps.count + tap) * self.depth + depth
        case .columns: tap * channels + channel
        }
    }

    /// The input channel under a weight.
    func inputChannel(_ channel: Int, _ depth: Int) -> Int { channel / (channels / groups) * self.depth + depth }

    /// Input channels with a weight other than 0 for an output channel.
    func inputChannels(of channel: Int) -> [Int] {
        (0..<depth).filter { depth in taps.indices.contains { filter[place(channel, $0, depth)] != 0 } }
            .map { inputChannel(channel, $0) }
    }

    /// Pairs of an input and an output channel that go together or not at all, because groups stay equally large.
    var tiedChannels: [(input: Int, output: Int)] {
        if groups == 1 { return [] }
        let perGroup = channels / groups
        return (0..<groups).flatMap { group in
            let (input, output) = (group * depth, group * perGroup)
            return (0..<depth).map { (input + $0, output) } + (0..<perGroup).map { (input, output + $0) }
        }
    }

    /// The op on these input channels, for these output channels.
    /// - Precondition: channels of `tiedChannels` are together in them or not at all.
    func keeping(inputs: [Int], outputs: [Int]) -> Operation {
        let isKept = Set(inputs)
        let depths = outputs.map { channel in (0..<depth).filter { isKept.contains(inputChannel(channel, $0)) } }
        var result = self
        result.block = Requantization(
            bias: outputs.map { block.bias[$0] }, multiplier: outputs.map { block.multiplier[$0] },
            shift: outputs.map { block.shift[$0] })
        switch layout {
        case .rows:
            result.filter = zip(outputs, depths).flatMap { channel, depths in
                taps.indices.flatMap { tap in depths.map { filter[place(channel, tap, $0)] } }
            }
        case .columns:
            result.filter = taps.indices.flatMap { tap in outputs.map { filter[place($0, tap, 0)] } }
        }
        if case .conv2D(var p, let filter, let block) = result.operation, groups > 1 {
            p.groups = Int32(outputs.count / (channels / groups))
            result.operation = .conv2D(p, filter: filter, block)
        }
        return result.rebuilt
    }

    /// The output of a channel for an accumulator.
    func output(_ channel: Int, _ acc: Int) -> Int {
        requantizer(acc, multiplier: block.multiplier[channel], shift: block.shift[channel])
    }
}
