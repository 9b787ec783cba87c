// SPDX-License-Identifier: Apache-2.0
// Which part of a tensor SLICE, STRIDED_SLICE, SPLIT and SPLIT_V take.

/// Element `i` of an axis is the input's `begin + i * step`, for i below `size`.
struct TFLiteSlice {
    var begin: Int
    var size: Int
    var step: Int
}

extension TFLiteModel {
    /// SLICE: a size of -1 is all the rest.
    func slice(
        _ operation: TFLiteOperator, shape: [Int], budget: inout ConstantBudget
    ) throws -> [TFLiteSlice] {
        let begins = try constantIntegers(operation, 1, budget: &budget)
        let sizes = try constantIntegers(operation, 2, budget: &budget)
        guard begins.count == shape.count, sizes.count == shape.count else { throw wrongAxes(operation, shape) }
        return try shape.indices.map { axis in
            let begin = begins[axis]
            guard (0..<shape[axis]).contains(begin) else { throw outside(operation, axis, shape) }
            let size = sizes[axis] == -1 ? shape[axis] - begin : sizes[axis]
            guard size >= 1, size <= shape[axis] - begin else { throw outside(operation, axis, shape) }
            return TFLiteSlice(begin: begin, size: size, step: 1)
        }
    }

    /// STRIDED_SLICE: masks say where an axis begins or ends by itself, or is taken at one place.
    func stridedSlice(
        _ operation: TFLiteOperator, shape: [Int], budget: inout ConstantBudget
    ) throws -> [TFLiteSlice] {
        let begins = try constantIntegers(operation, 1, budget: &budget)
        let ends = try constantIntegers(operation, 2, budget: &budget)
        let steps = try constantIntegers(operation, 3, budget: &budget)
        guard [begins, ends, steps].allSatisfy({ $0.count == shape.count }) else { throw wrongAxes(operation, shape) }
        let options = try options(operation, type: 32)
        let masks: [Int32] = try (0..<5).map { try options?.integer($0, "a mask") ?? 0 }
        let isOffset = try options?.bool(5, "the offset flag") ?? false
        guard masks[2] == 0, masks[3] == 0, !isOffset else {
            throw failure(operation, "uses an ellipsis, a new axis or an offset: slice with plain begins and ends")
        }
        return try shape.indices.map { axis in
            func has(_ mask: Int) -> Bool { masks[mask] >> Int32(axis) & 1 != 0 }
            guard steps[axis] != 0, steps[axis].magnitude <= 1 << 24 else { throw outside(operation, axis, shape) }
            return try section(
                operation, axis, shape, begin: has(0) ? nil : begins[axis], end: has(1) ? nil : ends[axis],
                step: steps[axis], isSingle: has(4))
        }
    }

    /// - Parameter begin, end: nil for the axis's own; negative ones count from the end.
    private func section(
        _ operation: TFLiteOperator, _ axis: Int, _ shape: [Int], begin: Int?, end: Int?, step: Int, isSingle: Bool
    ) throws -> TFLiteSlice {
        let extent = shape[axis]
        let (low, high) = step > 0 ? (0, extent) : (-1, extent - 1)
        func place(_ index: Int) -> Int { min(max(index < 0 ? index + extent : index, low), high) }
        let first = begin.map(place) ?? (step > 0 ? low : high)
        let last = isSingle ? first + step.signum() : end.map(place) ?? (step > 0 ? high : low)
        let size = (last - first + step - step.signum()) / step
        guard (0..<extent).contains(first), size >= 1 else { throw outside(operation, axis, shape) }
        return TFLiteSlice(begin: first, size: size, step: step)
    }

    /// SPLIT and SPLIT_V: the slices of each output.
    func split(
        _ operation: TFLiteOperator, shape: [Int], sizes: [Int]?, axis number: Int
    ) throws -> [[TFLiteSlice]] {
        let axis = number < 0 ? number + shape.count : number
        let count = operation.outputs.count
        guard shape.indices.contains(axis), count > 0 else { throw wrongAxes(operation, shape) }
        let parts = try sizes.map { try rest(operation, $0, extent: shape[axis]) }
            ?? Array(repeating: shape[axis] / count, count: count)
        guard parts.count == count, parts.allSatisfy({ $0 >= 1 }), parts.reduce(0, +) == shape[axis] else {
            throw failure(operation, "splits \(shape[axis]) elements into parts of \(parts): export the model again")
        }
        var begin = 0
        return parts.map { size in
            var slices = shape.map { TFLiteSlice(begin: 0, size: $0, step: 1) }
            slices[axis] = TFLiteSlice(begin: begin, size: size, step: 1)
            begin += size
            return slices
        }
    }

    /// The sizes with the one that is -1 filled in.
    private func rest(_ operation: TFLiteOperator, _ sizes: [Int], extent: Int) throws -> [Int] {
        guard sizes.allSatisfy({ $0 >= -1 && $0 <= extent }) else {
            throw failure(operation, "splits \(extent) elements into parts of \(sizes): export the model again")
        }
        let known = sizes.reduce(0) { $0 + max($1, 0) }
        return sizes.map { $0 == -1 ? extent - known : $0 }
    }

    private func wrongAxes(_ operation: TFLiteOperator, _ shape: [Int]) -> ImportError {
        failure(operation, "does not fit its input's \(shape.count) axes: export the model again")
    }

    private func outside(_ operation: TFLiteOperator, _ axis: Int, _ shape: [Int]) -> ImportError {
        failure(operation, "takes nothing, or more than there is, of axis \(axis) of \(shape.shapeText): export it again")
    }
}
