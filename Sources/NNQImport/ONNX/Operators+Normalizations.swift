// SPDX-License-Identifier: Apache-2.0
// Layers that look along the channels: batch norm, softmax, and norms made of simpler layers.

import NNQGraph

extension Operators {
    static let normalizations: [String: Rule] = [
        "BatchNormalization": batchNorm, "Softmax": softmax, "LogSoftmax": logSoftmax,
        "LpNormalization": lpNorm, "LayerNormalization": layerNorm, "InstanceNormalization": instanceNorm,
    ]

    private static func batchNorm(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        guard !node.flag("training_mode") else {
            throw ImportError("is in training mode: export the model for inference")
        }
        guard node.flag("spatial", default: true) else { throw ImportError("spatial=0 is not supported") }
        var value = try graph.value(node, 0)
        let rank = value.extents.count
        guard rank >= 2 else { throw ImportError("its input is \(value.extents.words); it needs channels") }
        let channels = value.extents[1]
        let names = ["weight", "bias", "running_mean", "running_var"]
        let constants = try names.enumerated().map { index, name in
            guard let constant = try graph.constant(node, index + 1, name), constant.count == channels else {
                throw ImportError("its parameters are not \(channels) values each")
            }
            return constant.reshaped([1, channels] + Array(repeating: 1, count: rank - 2))
        }
        // Where memory does not end with one extent for the channels, it is made to.
        if channels > 1, try graph.channelParameter(constants[0], value) == nil {
            if value.layout.count == channels {
                value.node = try graph.builder.reshape(value.node, to: [channels])
            } else {
                value = try graph.setLast(value, value.layout.factors(of: [1]))
            }
        } else if channels == 1, graph.builder.shapes[value.node].last != 1 {
            value.node = try graph.builder.reshape(value.node, to: [value.layout.count, 1])
        }
        var parameters: [String: Tensor] = [:]
        for (name, constant) in zip(names, constants) { parameters[name] = try graph.channelParameter(constant, value) }
        let epsilon = node.float("epsilon", default: 1e-5)
        guard epsilon > 0, parameters.count == 4 else { throw ImportError("its epsilon is \(epsilon), not above 0") }
        value.node = try graph.builder.append(
            .batchNorm(epsilon: epsilon, momentum: 0.1), [value.node], shape: graph.builder.shapes[value.node],
            name: node.name, parameters)
        return [.computed(value)]
    }

    /// Before operator set 13, all axes from the given one on are one.
    static func softmax(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        [.computed(try softmax(&graph, node, named: node.name))]
    }

    private static func logSoftmax(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        let value = try softmax(&graph, node, named: "\(node.name).softmax")
        return [.computed(try graph.activation(.log, value, named: node.name))]
    }

    private static func softmax(_ graph: inout GraphImport, _ node: ONNXNode, named name: String) throws -> Value {
        let value = try graph.value(node, 0)
        let axis = try value.extents.axis(node.integer("axis", default: node.opset < 13 ? 1 : -1))
        let axes = node.opset < 13 ? Array(axis..<value.extents.count) : [axis]
        return try graph.overLast(value, axes, .softmax, named: name)
    }

    private static func lpNorm(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        guard node.integer("p", default: 2) == 2 else { throw ImportError("nnq has the norm of p = 2 only") }
        let value = try graph.value(node, 0)
        let axis = try value.extents.axis(node.integer("axis", default: -1))
        return [.computed(try graph.overLast(value, [axis], .l2Normalize, named: node.name))]
    }

    /// Mean, deviation and scale as layers of their own.
    private static func layerNorm(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        let value = try graph.value(node, 0)
        let axis = try value.extents.axis(node.integer("axis", default: -1))
        let axes = Array(axis..<value.extents.count)
        let normal = try graph.normalized(value, axes, epsilon: node.float("epsilon", default: 1e-5), node.name)
        var result = normal.result
        if let scale = try graph.optionalOperand(node, 1) {
            result = try graph.combine(.binary(.multiply), .computed(result), scale, named: "\(node.name).scaled")
        }
        if let bias = try graph.optionalOperand(node, 2) {
            result = try graph.combine(.add, .computed(result), bias, named: node.name)
        }
        return [.computed(result), .computed(normal.mean), .computed(normal.inverse)]
    }

    private static func instanceNorm(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        let value = try graph.value(node, 0)
        guard value.extents.count >= 3, let scale = try graph.constant(node, 1, "scale"),
            let bias = try graph.constant(node, 2, "bias")
        else { throw ImportError("it needs a map, a scale and a bias") }
        let axes = Array(2..<value.extents.count)
        let normal = try graph.normalized(value, axes, epsilon: node.float("epsilon", default: 1e-5), node.name)
        let extents = [scale.count] + axes.map { _ in 1 }
        let scaled = try graph.combine(
            .binary(.multiply), .computed(normal.result), .constant(scale.reshaped(extents)),
            named: "\(node.name).scaled")
        guard bias.count == scale.count else { throw ImportError("scale and bias differ in length") }
        return [
            .computed(
                try graph.combine(.add, .computed(scaled), .constant(bias.reshaped(extents)), named: node.name))
        ]
    }
}

extension GraphImport {
    /// A constant for each channel as the one extent that the value's layer ends with; nil where it does not.
    fileprivate mutating func channelParameter(_ constant: Constant, _ value: Value) throws -> Tensor? {
        let shape = builder.shapes[value.node]
        let tensor = try aligned(constant, with: value.layout, shape: shape)
        guard tensor.shape.count == 1, tensor.count == shape.last else { return nil }
        return tensor
    }

    /// A layer over the channels, for which these axes are made the innermost extent.
    fileprivate mutating func overLast(
        _ value: Value, _ axes: [Int], _ layer: Layer, named name: String
    ) throws -> Value {
        if value.layout.isBatched, axes.contains(0) { throw ImportError.mixesBatch() }
        let factors = Set(value.layout.factors(of: axes))
        var result = try setLast(value, value.layout.order.filter(factors.contains))
        if factors.isEmpty, builder.shapes[result.node].last != 1 {
            result.node = try builder.reshape(result.node, to: [result.layout.count, 1])
        }
        let shape = builder.shapes[result.node]
        result.node = try builder.append(layer, [result.node], shape: shape, name: name)
        return result
    }

    /// `(x - mean) / sqrt(variance + epsilon)` over axes, with the mean and the divisor's inverse.
    fileprivate mutating func normalized(
        _ value: Value, _ axes: [Int], epsilon: Float, _ name: String
    ) throws -> (result: Value, mean: Value, inverse: Value) {
        let mean = try reduce(value, .mean, axes, keepsExtents: true, named: "\(name).mean")
        let centred = try combine(
            .binary(.subtract), .computed(value), .computed(mean), named: "\(name).centred")
        let square = try activation(.square, centred, named: "\(name).square")
        let variance = try reduce(square, .mean, axes, keepsExtents: true, named: "\(name).variance")
        let shifted = try combine(
            .add, .computed(variance), .constant(Constant(scalar: epsilon)), named: "\(name).shifted")
        let deviation = try activation(.sqrt, shifted, named: "\(name).deviation")
        let inverse = try activation(.reciprocal, deviation, named: "\(name).inverse")
        let result = try combine(
            .binary(.multiply), .computed(centred), .computed(inverse), named: "\(name).normalized")
        return (result, mean, inverse)
    }
}
