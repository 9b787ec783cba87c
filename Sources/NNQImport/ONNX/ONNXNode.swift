// SPDX-License-Identifier: Apache-2.0
// One operator of an ONNX graph: its inputs, outputs and attributes.

import Foundation
import ONNXProto

/// An operator where it stands in the graph.
struct ONNXNode {
    let inputs: [String]
    let outputs: [String]
    let operation: String
    /// The version of the operator set.
    let opset: Int
    /// As the file calls it, or after its output.
    let name: String
    private let attributes: [String: Onnx_AttributeProto]

    init(_ node: Onnx_NodeProto, opset: Int) throws {
        inputs = node.input
        outputs = node.output
        operation = node.opType
        self.opset = opset
        name = node.name.isEmpty ? node.output.first { !$0.isEmpty } ?? node.opType : node.name
        attributes = Dictionary(node.attribute.map { ($0.name, $0) }) { first, _ in first }
        guard ["", "ai.onnx"].contains(node.domain) else {
            throw error("is of the domain '\(node.domain)'; only ONNX's own operators are known")
        }
    }

    /// An error at this operator.
    func error(_ problem: String) -> ImportError { ImportError("node '\(name)' (\(operation)): \(problem)") }

    func has(_ attribute: String) -> Bool { attributes[attribute] != nil }

    /// Whether input `index` is given.
    func hasInput(_ index: Int) -> Bool { index < inputs.count && !inputs[index].isEmpty }

    func integer(_ attribute: String, default value: Int) -> Int { attributes[attribute].map { Int($0.i) } ?? value }

    func flag(_ attribute: String, default value: Bool = false) -> Bool {
        integer(attribute, default: value ? 1 : 0) != 0
    }

    func integers(_ attribute: String) -> [Int]? { attributes[attribute].map { $0.ints.map { Int($0) } } }

    func float(_ attribute: String, default value: Float) -> Float { attributes[attribute]?.f ?? value }

    func floats(_ attribute: String) -> [Float]? { attributes[attribute]?.floats }

    func string(_ attribute: String, default value: String) -> String {
        attributes[attribute].map { String(decoding: $0.s, as: UTF8.self) } ?? value
    }

    func strings(_ attribute: String) -> [String]? {
        attributes[attribute]?.strings.map { String(decoding: $0, as: UTF8.self) }
    }

    func tensor(_ attribute: String) throws -> Constant? {
        guard let value = attributes[attribute], value.hasT else { return nil }
        return try Constant(value.t)
    }
}
