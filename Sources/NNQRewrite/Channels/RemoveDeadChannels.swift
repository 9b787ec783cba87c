// SPDX-License-Identifier: Apache-2.0
// Constant channels become part of biases, and channels that nothing needs go.

import CNNQ
import NNQFormat

extension Program {
    mutating func removeDeadChannels(_ note: Note) {
        let ranges = channelRanges()
        for index in operations.indices {
            guard var linear = LinearOperation(self, index) else { continue }
            let count = linear.foldConstants(ranges[operations[index].inputs[0]])
            if count > 0 { note(name(of: index), "\(count) of \(linear.channels) channels are always the same") }
            operations[index].operation = linear.rebuilt
        }
        var classes = ChannelClasses(self)
        keep(classes.kept, note)
    }

    /// Takes all but these channels of each tensor out.
    private mutating func keep(_ kept: [[Int]], _ note: Note) {
        let rebuilt = operations.indices.map { index in
            rebuild(index, inputs: operations[index].inputs.map { kept[$0] }, output: kept[output(of: index)])
        }
        for (index, operation) in rebuilt.enumerated() { operations[index].operation = operation }
        for tensor in tensors.indices where kept[tensor].count < tensors[tensor].channels {
            let count = tensors[tensor].channels
            note(tensors[tensor].name, "\(count - kept[tensor].count) of \(count) channels removed")
            tensors[tensor].channels = kept[tensor].count
        }
    }

    /// An op on the channels that stay.
    private func rebuild(_ index: Int, inputs: [[Int]], output: [Int]) -> Operation {
        let tensor = tensors[self.output(of: index)]
        if let linear = LinearOperation(self, index) { return linear.keeping(inputs: inputs[0], outputs: output) }
        switch operations[index].operation {
        case .constant(let bytes):
            let size = tensor.type.byteCount
            let pixels = stride(from: 0, to: bytes.count, by: tensor.channels * size)
            return .constant(
                bytes: pixels.flatMap { pixel in
                    output.flatMap { bytes[pixel + $0 * size..<pixel + ($0 + 1) * size] }
                })
        case .pad(var p):
            let (front, back) = (Int(p.pad_front), tensor.channels - Int(p.pad_back))
            p.pad_front = Int32(output.count { $0 < front })
            p.pad_back = Int32(output.count { $0 >= back })
            return .pad(p)
        default: return operations[index].operation
        }
    }
}

extension LinearOperation {
    /// Takes what never varies out of the sums and into the biases.
    /// - Returns: how many output channels turned out to be constant: they have no weights any more.
    fileprivate mutating func foldConstants(_ inputs: [ChannelRange]) -> Int {
        var count = 0
        for channel in 0..<channels where !inputChannels(of: channel).isEmpty {
            let acc = accumulator(of: channel, inputs)
            if output(channel, acc.low) == output(channel, acc.high) {
                for depth in 0..<depth { clear(channel, depth) }
                block.bias[channel] = Int32(acc.low)
                count += 1
            } else {
                for depth in 0..<depth { foldConstant(inputs, channel, depth) }
            }
        }
        return count
    }

    /// Moves a constant input channel's contribution to an output channel into its bias, where it is the same at
    /// every position of the window: a tap that meets the map and padding must find the same value in both.
    private mutating func foldConstant(_ inputs: [ChannelRange], _ channel: Int, _ depth: Int) {
        let input = inputs[inputChannel(channel, depth)]
        guard input.constant != nil else { return }
        var contribution = 0
        for tap in taps.indices {
            let weight = Int(filter[place(channel, tap, depth)])
            if weight == 0 { continue }
            guard let value = range(input, under: tap).constant else { return }
            contribution += weight * value
        }
        // |bias| grows by no more than 128 times what sum |w| loses: the overflow certificate still holds.
        block.bias[channel] += Int32(contribution)
        clear(channel, depth)
    }

    private mutating func clear(_ channel: Int, _ depth: Int) {
        for tap in taps.indices { filter[place(channel, tap, depth)] = 0 }
    }
}
