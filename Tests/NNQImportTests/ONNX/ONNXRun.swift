// SPDX-License-Identifier: Apache-2.0
// Runs an imported ONNX model on tensors in ONNX's order of axes.

import Foundation
import NNQBase
import NNQGraph
import NNQImport
import NNQTrain
import ONNXProto

/// Runs of imported models.
enum ONNXRun {
    /// The outputs in ONNX's order of elements, for inputs in it.
    static func outputs(_ imported: ONNXModel, _ inputs: [Constant]) throws -> [[Float]] {
        let samples = imported.inputs[0].isBatched ? imported.inputs[0].extents[0] : 1
        let engine = try FloatEngine(imported.model, batch: samples, threads: 1)
        for (index, tensor) in imported.inputs.enumerated() {
            let room = engine.input(index)
            for (place, value) in zip(places(tensor), inputs[index].floats) { room[place] = value }
        }
        try engine.forward()
        return imported.outputs.enumerated().map { index, tensor in
            let values = engine.output(index)
            let own = places(tensor).map { values[$0] }
            return own
        }
    }

    /// For each element in ONNX's order, its place in memory.
    static func places(_ tensor: ONNXTensor) -> [Int] {
        let axes = (tensor.isBatched ? [0] : []) + tensor.memory
        var strides = Array(repeating: 0, count: tensor.extents.count)
        var stride = 1
        for axis in axes.reversed() {
            strides[axis] = stride
            stride *= tensor.extents[axis]
        }
        var places = [0]
        for (extent, stride) in zip(tensor.extents, strides) {
            places = places.flatMap { place in (0..<extent).map { place + $0 * stride } }
        }
        return places
    }

    /// The largest difference of two models' outputs for random inputs, two samples of them.
    static func difference(_ left: Model, _ right: Model, seed: UInt64) throws -> Float {
        let engines = try [left, right].map { try FloatEngine($0, batch: 2, threads: 1) }
        var rng = Rng(seed: seed)
        for index in left.graph.inputs.indices {
            let values = engines[0].input(index).indices.map { _ in rng.uniform(-1, 1) }
            for engine in engines { _ = engine.input(index).update(fromContentsOf: values) }
        }
        for engine in engines { try engine.forward() }
        return left.graph.outputs.indices.reduce(0) {
            max($0, difference(Array(engines[0].output($1)), Array(engines[1].output($1))))
        }
    }

    /// The largest difference, relative to values above 1; infinite where one is no number and the other is.
    static func difference(_ values: [Float], _ expected: [Float]) -> Float {
        guard values.count == expected.count else { return .infinity }
        return zip(values, expected).reduce(0) { worst, pair in
            if pair.0 == pair.1 || (pair.0.isNaN && pair.1.isNaN) { return worst }
            let difference = abs(pair.0 - pair.1) / max(1, abs(pair.1))
            return difference.isNaN ? .infinity : max(worst, difference)
        }
    }
}
