// SPDX-License-Identifier: Apache-2.0
// AVERAGE_POOL_2D and MAX_POOL_2D.

import CNNQ
import NNQFormat
import NNQGraph

extension Int8Importer {
    mutating func translateMaxPool(_ operation: TFLiteOperator) throws {
        let pool = try pool(operation)
        var parameters = nnq_max_pool_params()
        (parameters.kernel_height, parameters.kernel_width) = pool.window.kernel.parameters
        (parameters.stride_height, parameters.stride_width) = pool.window.stride.parameters
        (parameters.pad_top, parameters.pad_bottom) = Pair(pool.margins.top, pool.margins.bottom).parameters
        (parameters.pad_left, parameters.pad_right) = Pair(pool.margins.left, pool.margins.right).parameters
        (parameters.act_min, parameters.act_max) = pool.limits.parameters
        try append(.maxPool(parameters), inputs: [pool.input.place!], output: pool.output, of: operation)
    }

    /// The mean is rounded to nearest, ties away from zero, without a change of scale.
    mutating func translateAveragePool(_ operation: TFLiteOperator) throws {
        let pool = try pool(operation)
        guard 255.0 * Double(pool.window.kernel.height) * Double(pool.window.kernel.width) < 0x1p31 else {
            throw model.failure(operation, "the sum of a \(pool.window.kernel) window may leave 32 bits: pool in steps")
        }
        var parameters = nnq_average_pool_params()
        (parameters.kernel_height, parameters.kernel_width) = pool.window.kernel.parameters
        (parameters.stride_height, parameters.stride_width) = pool.window.stride.parameters
        (parameters.pad_top, parameters.pad_bottom) = Pair(pool.margins.top, pool.margins.bottom).parameters
        (parameters.pad_left, parameters.pad_right) = Pair(pool.margins.left, pool.margins.right).parameters
        (parameters.act_min, parameters.act_max) = pool.limits.parameters
        parameters.rounding = 1
        parameters.shift = 33
        try append(
            .averagePool(parameters, multipliers: [0]), inputs: [pool.input.place!], output: pool.output, of: operation)
    }

    private func pool(_ operation: TFLiteOperator) throws -> Pool {
        let (input, output) = (try input(operation, 0), try output(operation))
        guard input.zeroPoint == output.zeroPoint, abs(input.scale - output.scale) <= 1e-6 else {
            throw model.failure(operation, "changes the quantization, and a pool cannot: quantize the model again")
        }
        guard input.extents.channels == output.extents.channels else {
            throw model.failure(operation, "changes the number of channels, and a pool cannot: export the model again")
        }
        let window = try model.poolWindow(operation)
        return Pool(
            input: input, output: output, window: window,
            margins: try model.margins(operation, window, input: input.tensor, output: output.tensor),
            limits: try limits(operation, window.activation, output.quantization))
    }
}

private struct Pool {
    var input: TFLiteOperand
    var output: TFLiteOperand
    var window: TFLiteWindow
    var margins: Margins
    var limits: ClosedRange<Int>
}
