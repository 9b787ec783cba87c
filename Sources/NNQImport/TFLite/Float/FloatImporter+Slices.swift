// SPDX-License-Identifier: Apache-2.0
// SLICE, STRIDED_SLICE, SPLIT and SPLIT_V as float layers.

import NNQGraph

extension FloatImporter {
    mutating func translateSlice(_ operation: TFLiteOperator, _ kind: TFLiteKind) throws {
        let source = try tensor(operation, 0)
        let slices =
            kind == .slice
            ? try model.slice(operation, shape: source.shape, budget: &budget)
            : try model.stridedSlice(operation, shape: source.shape, budget: &budget)
        try appendSlice(operation, slices, of: source, at: try input(operation, 0), to: try output(operation))
    }

    mutating func translateSplit(_ operation: TFLiteOperator, _ kind: TFLiteKind) throws {
        let (value, axis) = kind == .split ? (1, 0) : (0, 2)
        let source = try tensor(operation, value)
        let sizes = kind == .split ? nil : try model.constantIntegers(operation, 1, budget: &budget)
        guard let number = try model.constantIntegers(operation, axis, budget: &budget).first else {
            throw model.failure(operation, "names no axis: export the model again")
        }
        let node = try input(operation, value)
        let parts = try model.split(operation, shape: source.shape, sizes: sizes, axis: number)
        for (slices, output) in zip(parts, operation.outputs) {
            try appendSlice(operation, slices, of: source, at: node, to: output)
        }
    }

    private mutating func appendSlice(
        _ operation: TFLiteOperator, _ slices: [TFLiteSlice], of source: TFLiteTensor, at node: Int, to output: Int
    ) throws {
        let kept = source.hasBatch ? Array(slices.dropFirst()) : slices
        let layer = Layer.slice(begin: kept.map(\.begin), size: kept.map(\.size), step: kept.map(\.step))
        let result = model.tensors[output].sample
        if kept.map(\.size) == result {
            return try append(layer, inputs: [node], to: output, of: operation)
        }
        let part = try appendPart(layer, inputs: [node], to: output)
        try append(.reshape(Shape(result)), inputs: [part], to: output, of: operation)
    }
}
