// SPDX-License-Identifier: Apache-2.0
// TRANSPOSE, RESIZE_NEAREST_NEIGHBOR, RESIZE_BILINEAR and GATHER.

import CNNQ
import NNQFormat

extension Int8Importer {
    mutating func translateTranspose(_ operation: TFLiteOperator) throws {
        let (input, output) = (try input(operation, 0), try output(operation))
        try checkUnchanged(operation, input, output)
        let permutation = try model.samplePermutation(operation, of: input.tensor, budget: &budget)
        guard permutation.count <= 3 else {
            throw model.failure(operation, "permutes \(permutation.count) axes, and maps have three: reshape before it")
        }
        let missing = 3 - permutation.count
        let axes = Array(0..<missing) + permutation.map { $0 + missing }
        var parameters = nnq_transpose_params()
        (parameters.axis_height, parameters.axis_width, parameters.axis_channels) = (
            Int32(axes[0]), Int32(axes[1]), Int32(axes[2])
        )
        let from = input.extents.along
        let extents = MapExtents(height: from[axes[0]], width: from[axes[1]], channels: from[axes[2]])
        try append(.transpose(parameters), inputs: [input.place!], extents: extents, output: output, of: operation)
    }

    mutating func translateResize(_ operation: TFLiteOperator, _ kind: TFLiteKind) throws {
        let (input, output) = (try input(operation, 0), try output(operation))
        try checkUnchanged(operation, input, output)
        _ = try (model.map(operation, input.tensor), model.map(operation, output.tensor))
        guard input.extents.channels == output.extents.channels else {
            throw model.failure(operation, "changes the number of channels: export the model again")
        }
        let isNearest = kind == .resizeNearestNeighbor
        let options = try model.options(operation, type: isNearest ? 74 : 15)
        let isAligned = try options?.bool(isNearest ? 0 : 2, "the align_corners flag") ?? false
        let isHalf = try options?.bool(isNearest ? 1 : 3, "the half_pixel_centers flag") ?? false
        let rows = TFLiteResizing(input.extents.height, output.extents.height, isAligned: isAligned, isHalf: isHalf)
        let columns = TFLiteResizing(input.extents.width, output.extents.width, isAligned: isAligned, isHalf: isHalf)
        if isNearest {
            let op = Operation.resizeNearest(rows: rows.nearest, columns: columns.nearest)
            return try append(op, inputs: [input.place!], output: output, of: operation)
        }
        guard !isAligned || !isHalf else {
            throw model.failure(operation, "aligns both corners and centres of pixels: choose one of them")
        }
        let op = Operation.resizeBilinear(rows: rows.bilinear, columns: columns.bilinear)
        try append(op, inputs: [input.place!], output: output, of: operation)
    }

    /// EMBEDDING_LOOKUP and GATHER from a constant table: the input is the indices.
    mutating func translateLookup(_ operation: TFLiteOperator, indices: Int, table: Int) throws {
        let output = try output(operation)
        let (source, index) = (try model.input(operation, table), try model.input(operation, indices))
        let tensor = model.tensors[source]
        guard tensor.shape.count == 2, tensor.type == .int8, output.extents.channels == tensor.shape[1],
            let values = try budget.integers(Int8.self, source, for: operation)
        else {
            throw model.failure(operation, "its table \"\(tensor.name)\" is \(tensor.type) \(tensor.shape.shapeText), and "
                + "a constant int8 matrix is needed: quantize the model again")
        }
        guard let place = placeOf[index], model.tensors[index].type == .int32,
            model.tensors[index].count * tensor.shape[1] == output.tensor.count
        else {
            throw model.failure(operation, "its indices \"\(model.tensors[index].name)\" must be int32 values that are "
                + "computed or given: export the model again")
        }
        var parameters = nnq_gather_params()
        parameters.count = Int32(clamping: tensor.shape[0])
        let from = model.tensors[index].extents
        let extents = MapExtents(height: 1, width: from.count, channels: tensor.shape[1])
        try append(
            .gather(parameters, table: values), inputs: [place], extents: extents, output: output, of: operation)
    }

    /// GATHER of an activation at constant indices: rows of a map of the axis between what is before and after it.
    mutating func translateGather(_ operation: TFLiteOperator) throws {
        let options = try model.options(operation, type: 23)
        let number: Int32 = try options?.integer(0, "the axis") ?? 0
        let batches: Int32 = try options?.integer(1, "the batch axes") ?? 0
        let shape = model.tensors[try model.input(operation, 0)].shape
        let axis = number < 0 ? Int(number) + shape.count : Int(number)
        guard batches == 0, shape.indices.contains(axis) else {
            throw model.failure(operation, "gathers along axis \(number) with \(batches) batch axes: reshape before it")
        }
        if model.tensors[try model.input(operation, 0)].constant != nil {
            guard axis == 0 else {
                throw model.failure(operation, "gathers along axis \(number) of a table: transpose the table")
            }
            return try translateLookup(operation, indices: 1, table: 0)
        }
        let (input, output) = (try input(operation, 0), try output(operation))
        try checkUnchanged(operation, input, output)
        let indices = try model.constantIntegers(operation, 1, budget: &budget)
        guard indices.allSatisfy({ (0..<shape[axis]).contains($0) }), shape[axis] <= 65535 else {
            throw model.failure(operation, "gathers outside of its \(shape[axis]) elements: export the model again")
        }
        let outer = shape[..<axis].reduce(1, *)
        let map = MapExtents(height: outer, width: shape[axis], channels: shape[(axis + 1)...].reduce(1, *))
        var place = input.place!
        if map != input.extents {
            place = try appendPart(
                .reshape, inputs: [place], extents: map, input.quantization, output: output, of: operation)
        }
        guard outer <= 65535 else { throw model.failure(operation, "has \(outer) rows: reshape before it") }
        let op = Operation.resizeNearest(rows: (0..<outer).map { UInt16($0) }, columns: indices.map { UInt16($0) })
        let extents = MapExtents(height: outer, width: indices.count, channels: map.channels)
        try append(op, inputs: [place], extents: extents, output: output, of: operation)
    }
}
