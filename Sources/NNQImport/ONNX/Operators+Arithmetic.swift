// SPDX-License-Identifier: Apache-2.0
// Functions of the elements of several tensors.

import NNQGraph

extension Operators {
    static let arithmetic: [String: Rule] = [
        "Add": { try add(&$0, $1) },
        "Sub": { try two(&$0, $1, .binary(.subtract)) },
        "Mul": { try two(&$0, $1, .binary(.multiply)) },
        "Div": { try two(&$0, $1, .binary(.divide)) },
        "Min": { try many(&$0, $1, .binary(.minimum)) },
        "Max": { try many(&$0, $1, .binary(.maximum)) },
        "Sum": { try many(&$0, $1, .add) },
        "Mean": { graph, node in
            let sum = try many(&graph, node, .add, named: "\(node.name).sum")
            let share = ONNXOperand.constant(Constant(scalar: 1 / Float(node.inputs.count)))
            return [.computed(try graph.combine(.binary(.multiply), sum[0], share, named: node.name))]
        },
        "Pow": power,
        "Expand": expand,
    ]

    /// A float operand as it is.
    private static func operand(_ graph: GraphImport, _ node: ONNXNode, _ index: Int) throws -> ONNXOperand {
        let operand = try graph.operand(node, index)
        let isInteger: Bool =
            switch operand {
            case .computed(let value): value.isInteger
            case .constant(let constant): constant.isInteger
            }
        guard !isInteger else {
            throw ImportError("its input '\(node.inputs[index])' holds integers; nnq computes with floats only")
        }
        return operand
    }

    /// Two operands; before operator set 7, the second one repeats along axes that the operator names.
    private static func pair(_ graph: GraphImport, _ node: ONNXNode) throws -> (ONNXOperand, ONNXOperand) {
        let (left, right) = (try operand(graph, node, 0), try operand(graph, node, 1))
        guard node.opset < 7, node.flag("broadcast"), node.has("axis"), case .constant(let constant) = right else {
            return (left, right)
        }
        let axis = try left.extents.axis(node.integer("axis", default: 0))
        let after = left.extents.count - axis - constant.extents.count
        guard after >= 0 else { throw ImportError("its second operand has more axes than the first") }
        return (left, .constant(constant.reshaped(constant.extents + Array(repeating: 1, count: after))))
    }

    private static func two(_ graph: inout GraphImport, _ node: ONNXNode, _ layer: Layer) throws -> [ONNXOperand] {
        let (left, right) = try pair(graph, node)
        return [.computed(try graph.combine(layer, left, right, named: node.name))]
    }

    private static func many(
        _ graph: inout GraphImport, _ node: ONNXNode, _ layer: Layer, named name: String? = nil
    ) throws -> [ONNXOperand] {
        guard !node.inputs.isEmpty else { throw ImportError("it has no input") }
        var result = try operand(graph, node, 0)
        for index in node.inputs.indices.dropFirst() {
            let next = try operand(graph, node, index)
            let isLast = index == node.inputs.count - 1
            let partName = isLast ? name ?? node.name : "\(node.name).part\(index)"
            if case .constant = result, case .constant(let constant) = next {
                result = .computed(try graph.computed(constant, node))
                result = .computed(try graph.combine(layer, try graph.operand(node, 0), result, named: partName))
            } else {
                result = .computed(try graph.combine(layer, result, next, named: partName))
            }
        }
        return [result]
    }

    /// A sum; a constant for each channel becomes the bias of the convolution or dense layer before it.
    private static func add(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        let (left, right) = try pair(graph, node)
        for (index, operands) in [(left, right), (right, left)].enumerated() {
            guard case .computed(let value) = operands.0, case .constant(let constant) = operands.1,
                graph.isPrivate(node.inputs[index], value), constant.extents.count <= value.extents.count,
                (try? value.extents.broadcast(with: constant.extents)) == value.extents
            else { continue }
            let shape = graph.builder.shapes[value.node]
            let tensor = try graph.aligned(constant, with: value.layout, shape: shape)
            let bias = tensor.count == 1 ? Array(repeating: tensor.values[0], count: shape.last ?? 1) : tensor.values
            guard tensor.shape.count == 1, graph.builder.addBias(bias, to: value.node) else { continue }
            return [.computed(value)]
        }
        return [.computed(try graph.combine(.add, left, right, named: node.name))]
    }

    /// Powers that are functions of one element.
    private static func power(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        guard let exponent = try graph.constant(node, 1, "exponent") else { throw ImportError("it has no exponent") }
        switch exponent.count == 1 ? exponent.floats[0] : .nan {
        case 1: return [try graph.operand(node, 0)]
        case 2: return try one(&graph, node, .square)
        case 0.5: return try one(&graph, node, .sqrt)
        case -1: return try one(&graph, node, .reciprocal)
        default: throw ImportError("nnq raises to the powers 2, 1, 0.5 and -1 only")
        }
    }

    /// Repeating is adding zeros of the larger extents.
    private static func expand(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        let value = try graph.value(node, 0)
        guard let target = try graph.constant(node, 1, "shape")?.integers() else {
            throw ImportError("it has no shape")
        }
        let extents = try value.extents.broadcast(with: target)
        guard extents.allSatisfy({ $0 >= 1 }) else { throw ImportError("it expands to a tensor without elements") }
        if extents == value.extents { return [.computed(value)] }
        let own = value.extents.padded(to: extents.count)
        let zeros = zip(own, extents).map { $0 == $1 ? 1 : $1 }
        let count = try graph.mayFold(zeros)
        let constant = Constant(zeros, floats: Array(repeating: 0, count: count))
        return [.computed(try graph.combine(.add, .computed(value), .constant(constant), named: node.name))]
    }
}
