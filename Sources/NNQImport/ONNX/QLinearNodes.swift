// SPDX-License-Identifier: Apache-2.0
// Operators on integers as the operators on floats that they stand for, between DequantizeLinear and QuantizeLinear.

import ONNXProto

/// Writes QLinear operators out.
enum QLinearNodes {
    /// How an operator's inputs are quantized.
    private struct Form {
        let operation: String
        /// Places of the integer tensors among the inputs; scale and zero point follow each.
        let tensors: [Int]
        /// Places of the output's scale and zero point.
        let output: Int
        /// The place of an int32 bias, whose scale is the product of the tensors'.
        var bias: Int?
    }

    private static let forms: [String: Form] = [
        "QLinearConv": Form(operation: "Conv", tensors: [0, 3], output: 6, bias: 8),
        "QLinearMatMul": Form(operation: "MatMul", tensors: [0, 3], output: 6),
        "QGemm": Form(operation: "Gemm", tensors: [0, 3], output: 7, bias: 6),
        "QLinearAdd": Form(operation: "Add", tensors: [0, 3], output: 6),
        "QLinearMul": Form(operation: "Mul", tensors: [0, 3], output: 6),
        "QLinearAveragePool": Form(operation: "AveragePool", tensors: [0], output: 3),
        "QLinearGlobalAveragePool": Form(operation: "GlobalAveragePool", tensors: [0], output: 3),
        "QLinearSigmoid": Form(operation: "Sigmoid", tensors: [0], output: 3),
        "QLinearLeakyRelu": Form(operation: "LeakyRelu", tensors: [0], output: 3),
        "QLinearSoftmax": Form(operation: "Softmax", tensors: [0], output: 3),
    ]

    /// The nodes with every QLinear operator written out; others as they are.
    static func expanded(_ nodes: [Onnx_NodeProto]) -> [Onnx_NodeProto] {
        nodes.flatMap { node -> [Onnx_NodeProto] in
            let isKnown = ["", "ai.onnx", "com.microsoft"].contains(node.domain)
            guard isKnown, node.output.count == 1 else { return [node] }
            if node.opType == "QLinearConcat" { return concat(node) }
            guard let form = forms[node.opType], node.input.count > form.output else { return [node] }
            return expanded(node, form)
        }
    }

    private static func expanded(_ node: Onnx_NodeProto, _ form: Form) -> [Onnx_NodeProto] {
        let output = node.output[0]
        var result: [Onnx_NodeProto] = []
        var inputs: [String] = []
        // Weights are per output channel along axis 0 in convolutions, and in products that transpose them.
        let isTransposed = node.attribute.contains { $0.name == "transB" && $0.i != 0 }
        let axis = form.operation == "Conv" || isTransposed ? 0 : 1
        for place in form.tensors {
            let name = "\(output).operand\(place)"
            result.append(operation("DequantizeLinear", Array(node.input[place..<place + 3]), name, axis: axis))
            inputs.append(name)
        }
        if let bias = form.bias, bias < node.input.count, !node.input[bias].isEmpty {
            let scale = "\(output).bias_scale"
            result.append(operation("Mul", form.tensors.map { node.input[$0 + 1] }, scale))
            result.append(operation("DequantizeLinear", [node.input[bias], scale], "\(output).bias", axis: 0))
            inputs.append("\(output).bias")
        }
        var float = operation(form.operation, inputs, "\(output).float")
        float.name = node.name
        float.attribute = node.attribute
        result.append(float)
        let scale = node.input[form.output..<min(form.output + 2, node.input.count)]
        result.append(operation("QuantizeLinear", ["\(output).float"] + scale, output))
        return result
    }

    /// The output's scale and zero point come first, then each tensor with its own.
    private static func concat(_ node: Onnx_NodeProto) -> [Onnx_NodeProto] {
        guard node.input.count >= 5, (node.input.count - 2) % 3 == 0 else { return [node] }
        let output = node.output[0]
        var result: [Onnx_NodeProto] = []
        for place in stride(from: 2, to: node.input.count, by: 3) {
            result.append(
                operation(
                    "DequantizeLinear", Array(node.input[place..<place + 3]), "\(output).operand\(place)", axis: 1))
        }
        var join = operation("Concat", result.map { $0.output[0] }, "\(output).float")
        join.name = node.name
        join.attribute = node.attribute
        result.append(join)
        result.append(operation("QuantizeLinear", ["\(output).float"] + node.input[..<2], output))
        return result
    }

    private static func operation(
        _ type: String, _ inputs: [String], _ output: String, axis: Int? = nil
    ) -> Onnx_NodeProto {
        var node = Onnx_NodeProto()
        node.opType = type
        node.input = inputs
        node.output = [output]
        if let axis {
            var attribute = Onnx_AttributeProto()
            attribute.name = "axis"
            attribute.i = Int64(axis)
            node.attribute = [attribute]
        }
        return node
    }
}
