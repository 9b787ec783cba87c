// SPDX-License-Identifier: Apache-2.0
// The window of TRANSPOSE_CONV.

import NNQGraph

extension TFLiteModel {
    /// The padding that is cut off on each side, and what is added below and on the right, so that the output has the
    /// shape that the file says.
    func transposedWindow(
        _ operation: TFLiteOperator, kernel: Pair, input: TFLiteTensor, output: TFLiteTensor
    ) throws -> TransposedWindow {
        let options = try options(operation, type: 49)
        let padding: UInt8 = try options?.integer(0, "the padding") ?? 0
        let columns: Int32 = try options?.integer(1, "the stride") ?? 0
        let rows: Int32 = try options?.integer(2, "the stride") ?? 0
        let stride = Pair(Int(rows), Int(columns))
        guard padding <= 1, (1...255).contains(rows), (1...255).contains(columns) else {
            throw failure(operation, "has a stride of \(stride) or an unknown padding: strides are 1 to 255")
        }
        let (from, to) = (try map(operation, input), try map(operation, output))
        let vertical = Side(from[0], to[0], kernel: kernel.height, stride: stride.height, isSame: padding == 0)
        let horizontal = Side(from[1], to[1], kernel: kernel.width, stride: stride.width, isSame: padding == 0)
        guard vertical.isPossible, horizontal.isPossible else {
            throw failure(
                operation, "a \(kernel) filter over \(input.shape.shapeText) does not give \(output.shape.shapeText): "
                    + "export the model again")
        }
        return TransposedWindow(
            kernel: kernel, stride: stride,
            margins: Margins(
                top: vertical.before, bottom: vertical.after, left: horizontal.before, right: horizontal.after),
            outputPadding: Pair(vertical.added, horizontal.added),
            activation: try activation(operation, options, slot: 3))
    }
}

struct TransposedWindow {
    var kernel: Pair
    var stride: Pair
    /// Rows and columns cut off the output.
    var margins: Margins
    var outputPadding: Pair
    var activation: TFLiteActivation
}

/// One axis of a transposed convolution.
private struct Side {
    /// Cut off before and after.
    let before: Int
    let after: Int
    /// Added after.
    let added: Int
    let isPossible: Bool

    /// The padding before is that of the convolution that goes the other way, from output to input.
    init(_ input: Int, _ output: Int, kernel: Int, stride: Int, isSame: Bool) {
        let steps = isSame ? (output + stride - 1) / stride : (output + stride - kernel) / stride
        before = max(0, (steps - 1) * stride + kernel - output) / 2
        let excess = (input - 1) * stride + kernel - before - output
        after = max(0, excess)
        added = max(0, -excess)
        isPossible = added < stride && after <= 255 && before <= 255
    }
}
