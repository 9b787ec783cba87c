// SPDX-License-Identifier: Apache-2.0
// The ONNX graph in the making: its tensors' names and layouts, nodes, initializers.

import Foundation
import NNQGraph
import ONNXProto

/// A layer's output in the ONNX graph.
struct Exported: Hashable {
    enum Order: Hashable {
        /// The batch, then the layer's extents.
        case plain
        /// `[N, channels, height, width]` of a map.
        case channelsFirst
        /// A map `[N, channels, height, width]` that stands for all its elements in the graph's order, until somebody
        /// needs them so: a dense layer permutes its weights instead.
        case flattened(Shape)
    }

    var name: String
    /// As the graph has it.
    var shape: Shape
    var order: Order
}

/// An ONNX graph so far.
struct GraphExport {
    let model: Model
    let shapes: [Shape]
    private(set) var graph = Onnx_GraphProto()
    private var tensors: [Int: Exported] = [:]
    private var names: Set<String> = []

    init(_ model: Model) throws {
        self.model = model
        shapes = try model.graph.shapes()
        names = Set(model.graph.nodes.map(\.name))
    }

    func tensor(_ index: Int) -> Exported { tensors[index]! }

    mutating func define(_ index: Int, _ tensor: Exported) { tensors[index] = tensor }

    func parameter(_ index: Int, _ name: String) -> Tensor? {
        model.parameters["\(model.graph.nodes[index].name).\(name)"]
    }

    /// A name that no tensor has.
    mutating func fresh(_ name: String) -> String {
        var result = name
        var number = 2
        while !names.insert(result).inserted {
            result = "\(name)_\(number)"
            number += 1
        }
        return result
    }

    /// Appends a node with one output.
    /// - Parameter name: the node's; nil for its output's.
    /// - Returns: the output's name.
    @discardableResult
    mutating func append(
        _ operation: String, _ inputs: [String], _ attributes: [Attribute] = [], output: String, name: String? = nil
    ) -> String {
        var node = Onnx_NodeProto()
        node.opType = operation
        node.name = name ?? output
        node.input = inputs
        node.output = [output]
        node.attribute = attributes.map(\.proto)
        graph.node.append(node)
        return output
    }

    /// Adds an initializer of floats.
    mutating func initializer(_ name: String, _ extents: [Int], _ values: [Float]) -> String {
        var tensor = Onnx_TensorProto()
        tensor.dataType = Int32(Onnx_TensorProto.DataType.float.rawValue)
        tensor.rawData = values.withUnsafeBytes { Data($0) }
        return add(tensor, name, extents)
    }

    /// Adds an initializer of integers, as shapes and axes are.
    mutating func initializer(_ name: String, _ values: [Int]) -> String {
        var tensor = Onnx_TensorProto()
        tensor.dataType = Int32(Onnx_TensorProto.DataType.int64.rawValue)
        tensor.int64Data = values.map { Int64($0) }
        return add(tensor, name, [values.count])
    }

    private mutating func add(_ tensor: Onnx_TensorProto, _ name: String, _ extents: [Int]) -> String {
        var tensor = tensor
        tensor.name = fresh(name)
        tensor.dims = extents.map { Int64($0) }
        graph.initializer.append(tensor)
        return tensor.name
    }

    /// - Parameter type: of its elements.
    mutating func declareInput(_ tensor: Exported, _ type: Onnx_TensorProto.DataType) {
        graph.input.append(Self.information(tensor, type))
    }

    /// Names a layer's value as an output of the model.
    mutating func output(_ index: Int) throws {
        let tensor = shapes[index].isMap ? channelsFirst(index) : plain(index)
        graph.output.append(Self.information(tensor))
    }

    private static func information(
        _ tensor: Exported, _ type: Onnx_TensorProto.DataType = .float
    ) -> Onnx_ValueInfoProto {
        var information = Onnx_ValueInfoProto()
        information.name = tensor.name
        information.type.tensorType.elemType = Int32(type.rawValue)
        var batch = Onnx_TensorShapeProto.Dimension()
        batch.dimParam = "N"
        information.type.tensorType.shape.dim =
            [batch]
            + tensor.onnxExtents.map { extent in
                var dimension = Onnx_TensorShapeProto.Dimension()
                dimension.dimValue = Int64(extent)
                return dimension
            }
        return information
    }
}

extension Exported {
    /// ONNXExtents behind the batch.
    var onnxExtents: [Int] {
        switch order {
        case .plain: shape.dimensions
        case .channelsFirst: [shape.channels, shape.height, shape.width]
        case .flattened(let map): [map.channels, map.height, map.width]
        }
    }
}

/// A node's attribute.
enum Attribute {
    case integer(String, Int)
    case integers(String, [Int])
    case float(String, Float)
    case string(String, String)

    var proto: Onnx_AttributeProto {
        var proto = Onnx_AttributeProto()
        switch self {
        case .integer(let name, let value): (proto.name, proto.type, proto.i) = (name, .int, Int64(value))
        case .integers(let name, let values):
            (proto.name, proto.type, proto.ints) = (name, .ints, values.map { Int64($0) })
        case .float(let name, let value): (proto.name, proto.type, proto.f) = (name, .float, value)
        case .string(let name, let value): (proto.name, proto.type, proto.s) = (name, .string, Data(value.utf8))
        }
        return proto
    }
}
