// SPDX-License-Identifier: Apache-2.0
// Rounding as the runtime rounds: with its multipliers and shifts, so that what is trained is what runs.
//
// Exact for layers of weights, sums and differences of two tensors of one shape, average pools, functions of one value,
// and concats of channels. Other layers' values are rounded to the nearest step.

import NNQArithmetic
import NNQFormat
import NNQGraph

/// A value to round, and what computed it.
struct Rounding {
    /// The layer whose value it is.
    let name: String
    /// The node that computes it, and the function that only clamps what that one gives.
    let node: Int
    let clamp: Activation?
    let value: Memory
    let output: Memory
    let scale: TensorScale

    /// The integers that the output may have.
    func limits(_ output: Quantization) -> ClosedRange<Int> { clamp?.limits(output) ?? -128...127 }
}

extension Compiler {
    /// Emits the step that rounds a node's value as the runtime does.
    /// - Returns: false where it is not known how.
    func emitIntegers(_ index: Int, _ value: Memory, into output: Memory, _ scale: TensorScale) throws -> Bool {
        let (node, clamp) = operation(behind: index)
        let rounding = Rounding(
            name: graph.nodes[index].name, node: node, clamp: clamp, value: value, output: output, scale: scale)
        switch graph.nodes[node].layer {
        case .add: return try emitSum(rounding, signs: [1, 1])
        case .binary(.subtract): return try emitSum(rounding, signs: [1, -1])
        case .activation(let function): return try emitTable(rounding, function)
        case .averagePool(let window) where window.margins(for: shapes[graph.nodes[node].inputs[0]]) != .zero:
            return emitPaddedPool(rounding, window)
        default: return emitChannels(rounding)
        }
    }

    /// The node that computes what `index` rounds, and the function that only clamps it.
    func operation(behind index: Int) -> (node: Int, clamp: Activation?) {
        guard case .activation(let function) = graph.nodes[index].layer, function.isClamp,
            let input = graph.nodes[index].inputs.first, scales[input] == nil
        else { return (index, nil) }
        return (input, function)
    }
}
