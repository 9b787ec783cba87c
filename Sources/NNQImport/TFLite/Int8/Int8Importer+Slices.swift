// SPDX-License-Identifier: Apache-2.0
// SLICE, STRIDED_SLICE, SPLIT and SPLIT_V.

import CNNQ
import NNQFormat

extension Int8Importer {
    mutating func translateSlice(_ operation: TFLiteOperator, _ kind: TFLiteKind) throws {
        let (input, output) = (try input(operation, 0), try output(operation))
        let slices =
            kind == .slice
            ? try model.slice(operation, shape: input.tensor.shape, budget: &budget)
            : try model.stridedSlice(operation, shape: input.tensor.shape, budget: &budget)
        try appendSlice(operation, slices, input, output)
    }

    /// One op for each output.
    mutating func translateSplit(_ operation: TFLiteOperator, _ kind: TFLiteKind) throws {
        let input = try input(operation, kind == .split ? 1 : 0)
        let sizes = kind == .split ? nil : try model.constantIntegers(operation, 1, budget: &budget)
        guard let axis = try model.constantIntegers(operation, kind == .split ? 0 : 2, budget: &budget).first else {
            throw model.failure(operation, "names no axis: export the model again")
        }
        let parts = try model.split(operation, shape: input.tensor.shape, sizes: sizes, axis: axis)
        for (place, slices) in parts.enumerated() {
            try appendSlice(operation, slices, input, output(operation, at: place))
        }
    }

    private mutating func appendSlice(
        _ operation: TFLiteOperator, _ slices: [TFLiteSlice], _ input: TFLiteOperand, _ output: TFLiteOperand
    ) throws {
        try checkUnchanged(operation, input, output)
        var sections = input.extents.along.map { TFLiteSlice(begin: 0, size: $0, step: 1) }
        for (axis, slice) in slices.enumerated() where slice.size != input.tensor.shape[axis] || slice.step != 1 {
            guard let place = input.tensor.mapAxis(axis) else {
                throw model.failure(operation, "slices axis \(axis) of \(input.tensor.shape.shapeText), and maps have "
                    + "three axes: reshape before it")
            }
            sections[place] = slice
        }
        var parameters = nnq_slice_params()
        (parameters.begin_height, parameters.step_height) = sections[0].parameters
        (parameters.begin_width, parameters.step_width) = sections[1].parameters
        (parameters.begin_channels, parameters.step_channels) = sections[2].parameters
        let extents = MapExtents(height: sections[0].size, width: sections[1].size, channels: sections[2].size)
        try append(.slice(parameters), inputs: [input.place!], extents: extents, output: output, of: operation)
    }
}

extension TFLiteSlice {
    /// Begin and step as fields of an op.
    fileprivate var parameters: (Int32, Int32) { (Int32(clamping: begin), Int32(clamping: step)) }
}
