// SPDX-License-Identifier: Apache-2.0
// Damages ONNX models: bytes, and what the messages say.

import NNQBase
import ONNXProto

/// Makes models that are wrong somewhere.
struct ONNXMutator {
    var rng: Rng

    /// Integers at which arithmetic on sizes goes wrong.
    private static let extremes: [Int64] = [
        0, 1, -1, 2, 3, 255, 256, 65_536, 1 << 24, 1 << 30, 1 << 31, 1 << 62, .max, .min, .min + 1,
    ]

    init(seed: UInt64) { rng = Rng(seed: seed) }

    /// A damaged copy.
    mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        if rng.chance(0.3) { return damagedBytes(bytes) }
        guard var model = try? Onnx_ModelProto(serializedBytes: bytes) else { return bytes }
        for _ in 0...rng.below(3) { damage(&model) }
        return (try? model.serializedBytes()) ?? bytes
    }

    private mutating func damagedBytes(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0...rng.below(4) where !result.isEmpty {
            switch rng.below(3) {
            case 0: result[rng.below(result.count)] = UInt8(rng.below(256))
            case 1: result.removeLast(rng.below(result.count))
            default: result.insert(UInt8(rng.below(256)), at: rng.below(result.count))
            }
        }
        return result
    }

    private mutating func extreme() -> Int64 {
        rng.chance(0.5) ? Self.extremes[rng.below(Self.extremes.count)] : Int64(rng.below(9)) - 2
    }

    private mutating func damage(_ model: inout Onnx_ModelProto) {
        switch rng.below(6) {
        case 0:
            if !model.graph.initializer.isEmpty {
                damage(&model.graph.initializer[rng.below(model.graph.initializer.count)])
            }
        case 1: damageInput(&model.graph)
        case 2: if !model.opsetImport.isEmpty { model.opsetImport[0].version = Int64(rng.below(26)) }
        default: if !model.graph.node.isEmpty { damageNode(&model.graph) }
        }
    }

    private mutating func damageInput(_ graph: inout Onnx_GraphProto) {
        guard !graph.input.isEmpty else { return }
        let index = rng.below(graph.input.count)
        var type = graph.input[index].type.tensorType
        switch rng.below(4) {
        case 0: type.elemType = Int32(rng.below(24))
        case 1: type.shape.dim.append(Onnx_TensorShapeProto.Dimension())
        case 2: if !type.shape.dim.isEmpty { type.shape.dim.removeLast() }
        default: if !type.shape.dim.isEmpty { type.shape.dim[rng.below(type.shape.dim.count)].dimValue = extreme() }
        }
        graph.input[index].type.tensorType = type
    }

    private mutating func damage(_ tensor: inout Onnx_TensorProto) {
        switch rng.below(5) {
        case 0: tensor.dataType = Int32(rng.below(24))
        case 1: tensor.dims.append(extreme())
        case 2: if !tensor.dims.isEmpty { tensor.dims[rng.below(tensor.dims.count)] = extreme() }
        case 3: if !tensor.int64Data.isEmpty { tensor.int64Data[rng.below(tensor.int64Data.count)] = extreme() }
        default: tensor.dims = Array(tensor.dims.reversed())
        }
    }

    private mutating func damageNode(_ graph: inout Onnx_GraphProto) {
        let index = rng.below(graph.node.count)
        var node = graph.node[index]
        switch rng.below(6) {
        case 0: node.opType = graph.node[rng.below(graph.node.count)].opType
        case 1: if !node.input.isEmpty { node.input[rng.below(node.input.count)] = name(graph) }
        case 2: node.input.append(name(graph))
        case 3: if !node.input.isEmpty { node.input.removeLast() }
        default:
            guard !node.attribute.isEmpty else { return }
            let place = rng.below(node.attribute.count)
            if !node.attribute[place].ints.isEmpty, rng.chance(0.7) {
                node.attribute[place].ints[rng.below(node.attribute[place].ints.count)] = extreme()
            } else if node.attribute[place].hasT {
                damage(&node.attribute[place].t)
            } else {
                node.attribute[place].i = extreme()
                node.attribute[place].f = Float(extreme())
            }
        }
        graph.node[index] = node
    }

    /// The name of some value of the graph.
    private mutating func name(_ graph: Onnx_GraphProto) -> String {
        let names = graph.input.map(\.name) + graph.initializer.map(\.name) + graph.node.flatMap(\.output)
        return names.isEmpty ? "" : names[rng.below(names.count)]
    }
}
