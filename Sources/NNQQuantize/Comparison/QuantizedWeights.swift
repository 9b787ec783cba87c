// SPDX-License-Identifier: Apache-2.0
// The weights of a program's layers as the real numbers that they stand for.

import NNQFormat
import NNQGraph

/// A layer of weights of a program: its integers, and what one step of them is.
public struct QuantizedWeights: Hashable, Sendable {
    /// The node of `Quantized.foldedModel`.
    public var layer: String
    /// The op of `Quantized.program` that has them.
    public var operation: Int
    /// One row an output channel, each in the order of the float filter.
    public var filter: [Int8]
    /// By output channel: the real value of one step.
    public var scales: [Double]
    /// The largest weight in integers: 127, or 7 for weights of 4 bits.
    public var steps: Int
    /// By output channel, in the output's units before its activation.
    public var bias: [Double]

    /// Weights of one output channel.
    public var terms: Int { filter.count / scales.count }

    /// What int8 multiplies with, `scale * q`, in the float filter's order.
    public var dequantized: [Float] {
        filter.indices.map { Float(Double(filter[$0]) * scales[$0 / terms]) }
    }

    init?(_ operation: Int, _ linear: LoweredLinear, _ lowering: Lowering) {
        let op = lowering.program.operations[operation]
        guard let block = op.operation.requantization else { return nil }
        layer = lowering.graph.nodes[linear.node].name
        self.operation = operation
        filter = linear.filter
        scales = linear.scales
        steps = lowering.weightSteps[layer] ?? 127
        // Lowering took `input_zero_point * sum of weights` off the bias, which is in steps of input times weight.
        let input = lowering.program.tensors[op.inputs[0]].quantization
        let terms = linear.filter.count / linear.scales.count
        bias = linear.scales.indices.map { channel in
            let sum = linear.filter[channel * terms..<(channel + 1) * terms].reduce(0) { $0 + Int($1) }
            let whole = Int(block.bias[channel]) + Int(input.zeroPoint) * sum
            return Double(whole) * linear.scales[channel] * Double(input.scale)
        }
    }
}

extension Lowering {
    /// In the program's order.
    var quantizedWeights: [QuantizedWeights] {
        linears.sorted { $0.key < $1.key }.compactMap { QuantizedWeights($0.key, $0.value, self) }
    }
}

extension Operation {
    fileprivate var requantization: Requantization? {
        switch self {
        case .conv2D(_, _, let block), .depthwiseConv2D(_, _, let block), .dense(_, _, let block),
            .transposeConv2D(_, _, let block):
            block
        case .int16(let operation): operation.linear?.requantization
        default: nil
        }
    }
}
