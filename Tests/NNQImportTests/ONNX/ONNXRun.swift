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

    /// The largest difference between a model's outputs and those of the same, exported and imported again, for random
    /// inputs of one sample.
    static func difference(_ model: Model, exported: ONNXModel, seed: UInt64) throws -> Float {
        let engine = try FloatEngine(model, batch: 1, threads: 1)
        let shapes = try model.graph.shapes()
        var rng = Rng(seed: seed)
        var inputs: [Constant] = []
        for (place, node) in model.graph.inputs.enumerated() {
            let room = engine.input(place)
            let isIndex = model.graph.nodes.contains { $0.layer.keyword == "embedding" && $0.inputs == [node] }
            for index in room.indices { room[index] = isIndex ? Float(rng.below(2)) : rng.uniform(-1, 1) }
            inputs.append(Constant([room.count], floats: channelsFirst(Array(room), isIndex ? [1] : shapes[node])))
        }
        try engine.forward()
        let outputs = try outputs(exported, inputs)
        return model.graph.outputs.enumerated().reduce(0) { worst, output in
            let own = channelsFirst(Array(engine.output(output.offset)), shapes[output.element])
            return max(worst, difference(outputs[output.offset], own))
        }
    }

    /// A map as exported files have it; other values as they are.
    private static func channelsFirst(_ values: [Float], _ shape: Shape) -> [Float] {
        guard shape.isMap else { return values }
        let pixels = shape.height * shape.width
        return values.indices.map { values[$0 % pixels * shape.channels + $0 / pixels] }
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
