// SPDX-License-Identifier: Apache-2.0
// Conversions between int8 and int16 tensors, where layers of both widths meet.

import CNNQ
import NNQArithmetic
import NNQFormat
import NNQGraph

extension Lowering {
    /// Brings what a node reads to the node's own width: a conversion for each tensor, which later readers share.
    mutating func convertInputs(of index: Int) throws {
        for source in graph.nodes[index].inputs {
            guard let tensor = tensorOf[source], converted[tensor] == nil else { continue }
            switch (program.tensors[tensor].type, widths[index]) {
            case (.int8, .int16): try widen(tensor, of: source)
            case (.int16, .int8): try narrow(tensor, of: source)
            default: break
            }
        }
    }

    /// Exact: `|q - zero_point|` is at most 255, and 128 times that fits int16.
    private mutating func widen(_ tensor: Int, of node: Int) throws {
        let input = program.tensors[tensor].quantization
        let output = Quantization(scale: input.scale / 128, zeroPoint: 0)
        let operation = try requantization(node, from: input, to: output, (-32768, 32767))
        try appendConversion(operation, of: node, tensor, output, .int16)
    }

    private mutating func narrow(_ tensor: Int, of node: Int) throws {
        let output = narrowQuantization(node)
        let operation = try requantization(node, from: program.tensors[tensor].quantization, to: output, (-128, 127))
        try appendConversion(operation, of: node, tensor, output, .int8)
    }

    /// How a node's values are quantized where they are int8.
    private func narrowQuantization(_ node: Int) -> Quantization {
        if let tensor = tensorOf[node], program.tensors[tensor].type == .int8 {
            return program.tensors[tensor].quantization
        }
        if let quantization = ranges.narrowQuantization(node) { return quantization }
        if case .softmax = graph.nodes[node].layer { return Self.probabilities }
        // Max pools and changes of shape give values that their input has.
        return narrowQuantization(graph.nodes[node].inputs[0])
    }

    func requantization(
        _ index: Int, from input: Quantization, to output: Quantization, _ limits: (min: Int32, max: Int32)
    ) throws -> Operation {
        guard let by = WideSumArithmetic(inputs: [input], signs: [1], output: output) else {
            throw QuantizeError.at(
                graph.nodes[index],
                "a scale of \(input.scale) is too many times \(output.scale), to which it is converted: "
                    + "calibrate with data that vary")
        }
        return .int16(
            .requantize(
                nnq_requantize_params(
                    opcode: 0, multiplier: by.multipliers[0], shift: by.shift, act_min: limits.min,
                    act_max: limits.max)))
    }
}
