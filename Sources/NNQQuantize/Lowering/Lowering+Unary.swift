// SPDX-License-Identifier: Apache-2.0
// Layers of one input that keep its extents or only rearrange it: functions, softmax, reshape, pad.

import CNNQ
import NNQArithmetic
import NNQFormat
import NNQGraph

extension Lowering {
    mutating func lowerActivation(_ index: Int, _ function: Activation) throws {
        let output = ranges.given(index) ?? function.fixedOutput ?? calibratedOutput(index)
        let table = Tables.values(of: function, input: inputQuantization(index), output: output)
        try append(.table(table), for: index, output)
    }

    mutating func lowerSoftmax(_ index: Int) throws {
        let exponentials = Tables.exponentials(scale: inputQuantization(index).scale)
        try append(.softmax(exponentials), for: index, Self.probabilities)
    }

    /// What softmax gives.
    static let probabilities = Quantization(scale: 0x1p-8, zeroPoint: -128)

    /// A reshape between shapes that are the same map needs no op.
    mutating func lowerReshape(_ index: Int) throws {
        let input = program.tensors[inputs(index)[0]]
        let extents = MapExtents(shapes[index])
        if (input.height, input.width, input.channels) == (extents.height, extents.width, extents.channels) {
            return alias(index)
        }
        try append(.reshape, for: index, input.quantization, type: input.type)
    }

    mutating func lowerPad(_ index: Int, _ margins: Margins) throws {
        if margins == .zero { return alias(index) }
        var parameters = nnq_pad_params()
        (parameters.pad_top, parameters.pad_bottom) = (Int32(margins.top), Int32(margins.bottom))
        (parameters.pad_left, parameters.pad_right) = (Int32(margins.left), Int32(margins.right))
        let quantization = inputQuantization(index)
        parameters.value = Int32(quantization.zeroPoint)
        try append(.pad(parameters), for: index, quantization)
    }
}
