// SPDX-License-Identifier: Apache-2.0
// Max and average pools.

import CNNQ
import NNQArithmetic
import NNQFormat
import NNQGraph

extension Lowering {
    /// The largest value keeps its input's quantization.
    mutating func lowerMaxPool(_ index: Int, _ window: Window) throws {
        let quantization = inputQuantization(index)
        let margins = try checkedPool(index, window)
        var parameters = nnq_max_pool_params()
        (parameters.kernel_height, parameters.kernel_width) = window.kernel.int32
        (parameters.stride_height, parameters.stride_width) = window.stride.int32
        (parameters.pad_top, parameters.pad_bottom) = (Int32(margins.top), Int32(margins.bottom))
        (parameters.pad_left, parameters.pad_right) = (Int32(margins.left), Int32(margins.right))
        (parameters.act_min, parameters.act_max) = limits(index, quantization)
        try append(.maxPool(parameters), for: index, quantization)
    }

    /// A mean has a smaller range than its input, hence a scale of its own.
    mutating func lowerAveragePool(_ index: Int, _ window: Window) throws {
        let margins = try checkedPool(index, window)
        let input = inputQuantization(index)
        let elements = window.kernel.height * window.kernel.width
        let (arithmetic, output) = try fitted(index, calibratedOutput(index)) {
            PoolArithmetic(input: input, output: $0, elements: elements, isPadded: margins != .zero)
        }
        var parameters = nnq_average_pool_params()
        (parameters.kernel_height, parameters.kernel_width) = window.kernel.int32
        (parameters.stride_height, parameters.stride_width) = window.stride.int32
        (parameters.pad_top, parameters.pad_bottom) = (Int32(margins.top), Int32(margins.bottom))
        (parameters.pad_left, parameters.pad_right) = (Int32(margins.left), Int32(margins.right))
        (parameters.act_min, parameters.act_max) = limits(index, output)
        parameters.pre_shift = Int32(arithmetic.preShift)
        parameters.shift = Int32(arithmetic.shift)
        try append(.averagePool(parameters, multipliers: arithmetic.multipliers), for: index, output)
    }

    /// Arithmetic for an output scale that is doubled until it can be had.
    mutating func fitted<Arithmetic>(
        _ index: Int, _ output: Quantization, _ make: (Quantization) -> Arithmetic?
    ) throws -> (Arithmetic, Quantization) {
        var fitted = output
        for _ in 0..<128 {
            if let arithmetic = make(fitted) {
                if fitted != output {
                    note(
                        index,
                        "the output's scale is \(fitted.scale) instead of \(output.scale), so that sums fit 32 bits")
                }
                return (arithmetic, fitted)
            }
            fitted.scale *= 2
        }
        throw QuantizeError.at(graph.nodes[index], "its sums do not fit 32 bits with any scale: use smaller windows")
    }

    /// - Returns: the window's padding.
    func checkedPool(_ index: Int, _ window: Window) throws -> Margins {
        let margins = window.margins(for: shapes[graph.nodes[index].inputs[0]])
        let small = [
            window.stride.height, window.stride.width, margins.top, margins.bottom, margins.left, margins.right,
        ]
        guard small.allSatisfy({ $0 <= 255 }), max(window.kernel.height, window.kernel.width) <= 65535 else {
            throw QuantizeError.at(
                graph.nodes[index],
                "strides and padding of int8 pools are at most 255: use two smaller pools one after the other")
        }
        return margins
    }
}
