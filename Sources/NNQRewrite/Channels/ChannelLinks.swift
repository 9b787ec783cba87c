// SPDX-License-Identifier: Apache-2.0
// How an op ties channels of its output to channels of its inputs.

import NNQFormat

/// An output channel that is computed from an input channel: neither can go without the other.
struct ChannelLink: Hashable {
    /// Which of the op's inputs.
    var operand: Int
    var input: Int
    var output: Int
}

extension [ChannelLink] {
    /// For each of `count` output channels, the values of the input channels from which it is copied.
    func ranges(_ inputs: [[ChannelRange]], count: Int) -> [ChannelRange] {
        var ranges = [ChannelRange?](repeating: nil, count: count)
        for link in self {
            let range = inputs[link.operand][link.input]
            ranges[link.output] = ranges[link.output]?.joined(range) ?? range
        }
        return ranges.map { $0 ?? .int8 }
    }
}

extension Program {
    /// The links of an op that works channel by channel; nil where each output channel may depend on all input
    /// channels. An output channel without a link is a constant of the op's own. An input that is broadcast along
    /// channels has no links: all output channels depend on its only one.
    func links(of index: Int) -> [ChannelLink]? {
        let operation = operations[index]
        let output = tensors[output(of: index)]
        switch operation.operation {
        case .maxPool, .averagePool, .table, .add, .tfliteAdd, .mul, .minimum, .maximum, .prelu:
            return equalLinks(operation.inputs, output.channels)
        case .reduce(let p): return p.axes & 4 == 0 ? equalLinks(operation.inputs, output.channels) : nil
        case .constant: return []
        case .pad(let p):
            return (0..<tensors[operation.inputs[0]].channels).map {
                ChannelLink(operand: 0, input: $0, output: Int(p.pad_front) + $0)
            }
        case .concat(let axis, _): return concatLinks(operation.inputs, along: axis)
        case .reshape: return reshapeLinks(from: tensors[operation.inputs[0]].channels, to: output.channels)
        default: return nil
        }
    }

    private func equalLinks(_ inputs: [Int], _ channels: Int) -> [ChannelLink] {
        inputs.indices.filter { tensors[inputs[$0]].channels == channels }.flatMap { operand in
            (0..<channels).map { ChannelLink(operand: operand, input: $0, output: $0) }
        }
    }

    private func concatLinks(_ inputs: [Int], along axis: Int) -> [ChannelLink] {
        var links: [ChannelLink] = []
        var first = 0
        for (operand, input) in inputs.enumerated() {
            let channels = tensors[input].channels
            links += (0..<channels).map { ChannelLink(operand: operand, input: $0, output: first + $0) }
            if axis == 2 { first += channels }
        }
        return links
    }

    /// Where one number of channels is a multiple of the other, a reshape moves whole channels.
    private func reshapeLinks(from input: Int, to output: Int) -> [ChannelLink]? {
        guard input % output == 0 || output % input == 0 else { return nil }
        return (0..<max(input, output)).map { ChannelLink(operand: 0, input: $0 % input, output: $0 % output) }
    }
}
