// SPDX-License-Identifier: Apache-2.0
// Which of ONNX's tests cannot pass, by rules about what their models are.

import ONNXProto

/// Why a case is left out: rules about what its model is.
enum LeftOut {
    static func reason(_ model: Onnx_ModelProto) -> String? {
        let nodes = model.graph.node
        let types = (model.graph.input + model.graph.output).map(\.type)
        if types.contains(where: { if case .sequenceType? = $0.value { true } else { false } }) { return "sequences" }
        if types.contains(where: { if case .optionalType? = $0.value { true } else { false } }) {
            return "optional values"
        }
        if nodes.count == 1, nodes[0].opType.hasSuffix("uantizeLinear") { return "quantization without a layer" }
        if nodes.contains(where: { $0.opType == "QLinearMatMul" }) { return "products of two quantized matrices" }
        if nodes.contains(where: { !["", "ai.onnx"].contains($0.domain) }) { return "operators of training" }
        let missing = Set(nodes.map(\.opType)).intersection(operators)
        if let operation = missing.min() { return "operator not in the graph: \(operation)" }
        let elements = types.map(\.tensorType.elemType)
        if elements.contains(8) { return "strings" }
        let isArithmetic = nodes.contains { !moving.contains($0.opType) }
        if isArithmetic, elements.contains(where: { ![0, 1, 7, 10, 11, 16].contains($0) }) {
            return "integer arithmetic"
        }
        if isArithmetic, model.graph.input.first?.type.tensorType.elemType == 7 { return "integer arithmetic" }
        let shapes = types.map { $0.tensorType.shape.dim }
        if shapes.contains(where: { $0.contains { $0.value == .dimValue(0) } }) { return "empty tensors" }
        return nodes.lazy.compactMap { reason($0, shapes[0].count) }.first
    }

    /// Operators that have no layer.
    private static let operators: Set = [
        "ConvInteger", "DynamicQuantizeLinear", "MatMulInteger", "RNN", "SequenceConstruct", "SequenceEmpty", "Shrink",
        "SplitToSequence", "StringNormalizer",
    ]

    /// Operators that only move elements.
    private static let moving: Set = [
        "Concat", "Expand", "Flatten", "Gather", "Identity", "Pad", "Reshape", "Slice", "Split", "Squeeze", "Tile",
        "Transpose", "Unsqueeze", "Constant", "Cast",
    ]

    private static func reason(_ node: Onnx_NodeProto, _ rank: Int) -> String? {
        let attributes = Dictionary(node.attribute.map { ($0.name, $0) }) { first, _ in first }
        func text(_ name: String) -> String { attributes[name].map { String(decoding: $0.s, as: UTF8.self) } ?? "" }
        switch node.opType {
        case "Conv", "ConvTranspose", "MaxPool", "AveragePool", "BatchNormalization", "PRelu":
            if rank > 4 { return "three spatial axes" }
            if node.opType == "BatchNormalization", attributes["training_mode"]?.i == 1 { return "training mode" }
            guard node.opType.hasSuffix("Pool") else { return nil }
            if node.output.count > 1 { return "indices of a max pool" }
            return attributes["dilations"]?.ints.contains { $0 != 1 } == true ? "dilated pools" : nil
        case "Dropout": return node.output.count > 1 || attributes["is_test"]?.i != 1 ? "mask of a dropout" : nil
        case "LSTM", "GRU":
            if node.input.count > 4, !node.input[4].isEmpty { return "recurrent layers with sequence lengths" }
            if node.input.count > 5 { return "recurrent layers with an initial state or peepholes" }
            return attributes["layout"]?.i == 1 ? nil : "recurrent layers over several sequences at once"
        case "Pow": return "powers of any exponent"
        case "Reshape": return attributes["allowzero"]?.i == 1 ? "empty tensors" : nil
        case "Slice": return "empty tensors"
        case "Resize": return resizing(text, attributes, hasScales: node.input.count == 3)
        default: return nil
        }
    }

    private static func resizing(
        _ text: (String) -> String, _ attributes: [String: Onnx_AttributeProto], hasScales: Bool
    ) -> String? {
        if text("mode") == "cubic" { return "cubic resizing" }
        if attributes["antialias"]?.i == 1 { return "resizing with antialiasing" }
        let coordinates = text("coordinate_transformation_mode")
        if ["tf_crop_and_resize", "pytorch_half_pixel"].contains(coordinates) { return "resizing by \(coordinates)" }
        if text("keep_aspect_ratio_policy") == "not_smaller" { return "resizing that keeps the ratio of sides" }
        return hasScales ? "resizing by a scale that gives no whole size" : nil
    }
}
