// SPDX-License-Identifier: Apache-2.0
// Operators that move no element, or only rename axes: most of them change a layout and make no layer.

import NNQGraph

extension Operators {
    static let movements: [String: Rule] = [
        "Identity": { [try $0.operand($1, 0)] },
        "Dropout": dropout,
        "Cast": cast,
        "CastLike": cast,
        "Transpose": { graph, node in
            let value = try graph.anyValue(node, 0)
            let permutation = node.integers("perm") ?? value.extents.indices.reversed()
            return [.computed(try graph.transpose(value, permutation))]
        },
        "Reshape": { graph, node in
            let value = try graph.anyValue(node, 0)
            let target = try graph.constant(node, 1, "shape")?.integers() ?? node.integers("shape") ?? []
            return [.computed(try graph.reshape(value, to: resolved(target, value.extents, node)))]
        },
        "Flatten": { graph, node in
            let value = try graph.anyValue(node, 0)
            return [.computed(try graph.reshape(value, to: flattened(value.extents, node)))]
        },
        "Squeeze": { graph, node in
            let value = try graph.anyValue(node, 0)
            return [.computed(try graph.reshape(value, to: graph.squeezed(value.extents, node)))]
        },
        "Unsqueeze": { graph, node in
            let value = try graph.anyValue(node, 0)
            return [.computed(try graph.reshape(value, to: graph.unsqueezed(value.extents, node)))]
        },
        "DepthToSpace": depthToSpace,
        "SpaceToDepth": spaceToDepth,
    ]

    private static func dropout(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        if let training = try graph.constant(node, 2, "training_mode"), training.floats.first ?? 0 != 0 {
            throw ImportError("is in training mode: export the model for inference")
        }
        guard node.opset >= 7 || node.flag("is_test") else {
            throw ImportError("is in training mode: export the model for inference")
        }
        return [try graph.operand(node, 0)]
    }

    /// A cast between floats, or between integers, does nothing here; one of indices to floats neither.
    private static func cast(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        var value = try graph.anyValue(node, 0)
        let target = node.integer("to", default: 1)
        if node.operation == "CastLike" || ONNXElementType.isFloat(target) {
            value.isInteger = false
        } else {
            guard value.isInteger, ONNXElementType.isInteger(target) else {
                throw ImportError("casts floats to \(ONNXElementType.words(target)), which no layer computes")
            }
        }
        return [.computed(value)]
    }

    /// ONNX's target of a Reshape: 0 keeps an extent, -1 takes what is left.
    static func resolved(_ target: [Int], _ extents: ONNXExtents, _ node: ONNXNode) throws -> ONNXExtents {
        var result = target
        let keepsZeros = node.flag("allowzero")
        for (axis, extent) in target.enumerated() where extent == 0 && !keepsZeros {
            guard axis < extents.count else { throw ImportError("its shape \(target) keeps an axis that is not there") }
            result[axis] = extents[axis]
        }
        guard let free = result.firstIndex(of: -1) else { return result }
        result[free] = 1
        let known = try result.elementCount()
        let count = try extents.elementCount()
        guard known > 0, count % known == 0 else {
            throw ImportError("reshapes \(extents.words) to \(target), which does not divide it")
        }
        result[free] = count / known
        return result
    }

    static func flattened(_ extents: ONNXExtents, _ node: ONNXNode) throws -> ONNXExtents {
        let given = node.integer("axis", default: 1)
        let axis = given < 0 ? given + extents.count : given
        guard (0...extents.count).contains(axis) else { throw ImportError("there is no axis \(given)") }
        return [try Array(extents[..<axis]).elementCount(), try Array(extents[axis...]).elementCount()]
    }

    private static func depthToSpace(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        let value = try graph.value(node, 0)
        let (e, block) = (value.extents, try block(value.extents, node))
        guard e[1] % (block * block) == 0 else { throw ImportError("its blocks do not divide the channels") }
        let depth = e[1] / (block * block)
        let isCRD = node.string("mode", default: "DCR") == "CRD"
        let split = isCRD ? [e[0], depth, block, block, e[2], e[3]] : [e[0], block, block, depth, e[2], e[3]]
        let parts = try graph.transpose(
            graph.reshape(value, to: split), isCRD ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2])
        return [.computed(try graph.reshape(parts, to: [e[0], depth, e[2] * block, e[3] * block]))]
    }

    private static func spaceToDepth(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        let value = try graph.value(node, 0)
        let (e, block) = (value.extents, try block(value.extents, node))
        guard e[2] % block == 0, e[3] % block == 0 else { throw ImportError("its blocks do not divide the map") }
        let split = [e[0], e[1], e[2] / block, block, e[3] / block, block]
        let parts = try graph.transpose(graph.reshape(value, to: split), [0, 3, 5, 1, 2, 4])
        return [.computed(try graph.reshape(parts, to: [e[0], e[1] * block * block, e[2] / block, e[3] / block]))]
    }

    private static func block(_ extents: ONNXExtents, _ node: ONNXNode) throws -> Int {
        let block = node.integer("blocksize", default: 1)
        guard extents.count == 4, (1...1024).contains(block) else {
            throw ImportError(
                "its input is \(extents.words) and its blocks \(block); a map and up to 1024 are possible")
        }
        return block
    }
}

extension GraphImport {
    /// Axes from the attribute or, from operator set 13 on, an input; nil where neither is given.
    func axes(_ node: ONNXNode, input: Int) throws -> [Int]? {
        try constant(node, input, "axes")?.integers() ?? node.integers("axes")
    }

    func squeezed(_ extents: ONNXExtents, _ node: ONNXNode) throws -> ONNXExtents {
        let axes = try axes(node, input: 1).map(extents.axes) ?? extents.indices.filter { extents[$0] == 1 }
        guard axes.allSatisfy({ extents[$0] == 1 }) else {
            throw ImportError("removes axes \(axes) of \(extents.words), which are not all 1")
        }
        return extents.indices.filter { !axes.contains($0) }.map { extents[$0] }
    }

    func unsqueezed(_ extents: ONNXExtents, _ node: ONNXNode) throws -> ONNXExtents {
        let axes = try axes(node, input: 1) ?? []
        let rank = extents.count + axes.count
        guard rank <= ONNXExtents.mostAxes else { throw ImportError("its result has \(rank) axes") }
        let places = try Array(repeating: 1, count: rank).axes(axes)
        var rest = extents[...]
        return (0..<rank).map { places.contains($0) ? 1 : rest.removeFirst() }
    }
}
