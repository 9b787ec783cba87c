// SPDX-License-Identifier: Apache-2.0
// Functions of one element.

import NNQGraph

extension Operators {
    static let activations: [String: Rule] = [
        "Relu": plain(.relu), "Sigmoid": plain(.sigmoid), "Tanh": plain(.tanh), "Softplus": plain(.softplus),
        "Softsign": plain(.softsign), "HardSwish": plain(.hardSwish), "Mish": plain(.mish), "Exp": plain(.exp),
        "Log": plain(.log), "Sqrt": plain(.sqrt), "Reciprocal": plain(.reciprocal), "Abs": plain(.abs),
        "Neg": plain(.negate), "Erf": plain(.erf), "Sin": plain(.sin), "Cos": plain(.cos), "Sign": plain(.sign),
        "Floor": plain(.floor), "Ceil": plain(.ceil), "Round": plain(.round),
        "LeakyRelu": { try one(&$0, $1, .leakyReLU(slope: $1.float("alpha", default: 0.01))) },
        "ThresholdedRelu": { try one(&$0, $1, .thresholdedReLU(threshold: $1.float("alpha", default: 1))) },
        "Elu": { try one(&$0, $1, .elu(alpha: $1.float("alpha", default: 1))) },
        "Celu": { try one(&$0, $1, .celu(alpha: $1.float("alpha", default: 1))) },
        "Selu": {
            try one(
                &$0, $1,
                .selu(
                    alpha: $1.float("alpha", default: 1.67326319217681884765625),
                    gamma: $1.float("gamma", default: 1.05070102214813232421875)))
        },
        "HardSigmoid": {
            try one(
                &$0, $1,
                .hardSigmoid(slope: $1.float("alpha", default: 0.2), offset: $1.float("beta", default: 0.5)))
        },
        "Gelu": { graph, node in
            try one(&graph, node, node.string("approximate", default: "none") == "tanh" ? .geluTanh : .gelu)
        },
        "Swish": { graph, node in
            guard node.float("alpha", default: 1) == 1 else { throw ImportError("its alpha is not 1") }
            return try one(&graph, node, .silu)
        },
        "Clip": clip,
        "PRelu": prelu,
    ]

    private static func plain(_ function: Activation) -> Rule { { try one(&$0, $1, function) } }

    /// An activation keeps the layout, whatever it is.
    static func one(_ graph: inout GraphImport, _ node: ONNXNode, _ function: Activation) throws -> [Operand] {
        [.computed(try graph.activation(function, graph.value(node, 0), named: node.name))]
    }

    private static func clip(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [Operand] {
        let greatest = Float.greatestFiniteMagnitude
        let low = try graph.constant(node, 1, "minimum")?.scalar() ?? node.float("min", default: -greatest)
        let high = try graph.constant(node, 2, "maximum")?.scalar() ?? node.float("max", default: greatest)
        guard !low.isNaN, !high.isNaN else { throw ImportError("its limits are no numbers") }
        let bounds = (max(low, -greatest), min(high, greatest))
        switch bounds {
        case (0, greatest): return try one(&graph, node, .relu)
        case (0, 6): return try one(&graph, node, .relu6)
        case (-greatest, greatest): return [try graph.operand(node, 0)]
        default: return try one(&graph, node, .clip(low: min(bounds.0, bounds.1), high: bounds.1))
        }
    }

    private static func prelu(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [Operand] {
        var value = try graph.value(node, 0)
        guard var slope = try graph.constant(node, 1, "slope") else { throw ImportError("it has no slope") }
        if node.opset < 7, slope.extents.count == 1, value.extents.count >= 2 {
            slope = slope.reshaped(slope.extents + Array(repeating: 1, count: value.extents.count - 2))
        }
        if slope.count == 1 { return try one(&graph, node, .leakyReLU(slope: slope.floats[0])) }
        guard try value.extents.broadcast(with: slope.extents) == value.extents else {
            throw ImportError("its slope of \(slope.extents.words) does not repeat to \(value.extents.words)")
        }
        var tensor = try graph.aligned(slope, with: value.layout, shape: graph.builder.shapes[value.node])
        if tensor.shape.count == 1, tensor.count == graph.builder.shapes[value.node].last {
            let shape = graph.builder.shapes[value.node]
            value.node = try graph.builder.append(
                .prelu, [value.node], shape: shape, name: node.name, ["slope": tensor])
            return [.computed(value)]
        }
        // A slope for each element: of the value as a vector.
        let count = value.layout.count
        value.node = try graph.builder.reshape(value.node, to: [count])
        tensor = try graph.aligned(
            slope.broadcast(to: slope.extents.broadcast(with: value.extents)), with: value.layout, shape: [count])
        value.node = try graph.builder.append(.prelu, [value.node], shape: [count], name: node.name, ["slope": tensor])
        return [.computed(value)]
    }
}

extension GraphImport {
    mutating func activation(_ function: Activation, _ value: Value, named name: String) throws -> Value {
        let shape = builder.shapes[value.node]
        return Value(
            node: try builder.append(.activation(function), [value.node], shape: shape, name: name),
            layout: value.layout)
    }
}
