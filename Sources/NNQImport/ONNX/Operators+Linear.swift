// SPDX-License-Identifier: Apache-2.0
// Matrix products: with constants they are dense layers.

import NNQGraph

extension Operators {
    static let linear: [String: Rule] = ["Gemm": gemm, "MatMul": matmul, "Gather": gather]

    private static func gemm(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        var left = try graph.value(node, 0)
        guard left.extents.count == 2 else {
            throw ImportError("its first input is \(left.extents.words); a matrix is needed")
        }
        if node.flag("transA") { left = try graph.transpose(left, [1, 0]) }
        let (alpha, beta) = (node.float("alpha", default: 1), node.float("beta", default: 1))
        guard case .constant(let matrix) = try graph.operand(node, 1) else {
            guard alpha == 1, beta == 1 || !node.hasInput(2) else {
                throw ImportError("alpha and beta must be 1 where both matrices are computed")
            }
            var right = try graph.value(node, 1)
            if node.flag("transB") { right = try graph.transpose(right, [1, 0]) }
            let hasBias = node.hasInput(2)
            let product = try graph.product(left, right, named: hasBias ? "\(node.name).product" : node.name)
            guard let bias = try graph.optionalOperand(node, 2) else { return [.computed(product)] }
            return [.computed(try graph.combine(.add, .computed(product), bias, named: node.name))]
        }
        guard matrix.extents.count == 2 else { throw ImportError("its second input is no matrix") }
        let isTransposed = node.flag("transB")
        var weight = (isTransposed ? matrix : matrix.transposed([1, 0])).scaled(alpha)
        if alpha == 1 { weight.scales = matrix.channelScales(axis: isTransposed ? 0 : 1, weight.extents[0]) }
        let extra = try graph.optionalOperand(node, 2)
        if case .constant(let bias)? = extra, bias.count == 1 || bias.extents.padded(to: 2)[0] == 1 {
            return [.computed(try graph.dense(left, weight, bias: bias.scaled(beta), named: node.name))]
        }
        let name = extra == nil ? node.name : "\(node.name).product"
        let product = try graph.dense(left, weight, bias: nil, named: name)
        switch extra {
        case nil: return [.computed(product)]
        case .constant(let bias):
            let scaled = ONNXOperand.constant(bias.scaled(beta))
            return [.computed(try graph.combine(.add, .computed(product), scaled, named: node.name))]
        case .computed(let bias):
            guard beta == 1 else { throw ImportError("beta must be 1 where the bias is computed") }
            return [.computed(try graph.combine(.add, .computed(product), .computed(bias), named: node.name))]
        }
    }

    private static func matmul(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        let left = try graph.value(node, 0)
        if case .constant(let matrix) = try graph.operand(node, 1), matrix.extents.count == 2, left.extents.count >= 2 {
            var weight = matrix.transposed([1, 0])
            weight.scales = matrix.channelScales(axis: 1, weight.extents[0])
            return [.computed(try graph.dense(left, weight, bias: nil, named: node.name))]
        }
        return [.computed(try graph.product(left, try graph.value(node, 1), named: node.name))]
    }

    /// Rows of a constant table by computed indices, or elements at constant places.
    private static func gather(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        guard case .constant(let table) = try graph.operand(node, 0) else { return try elements(&graph, node) }
        guard table.extents.count == 2, try table.extents.axis(node.integer("axis", default: 0)) == 0 else {
            throw ImportError("nnq looks rows up in a matrix, along axis 0; its table is \(table.extents.words)")
        }
        let indices = try graph.anyValue(node, 1)
        let shape = graph.builder.shapes[indices.node]
        let (count, channels) = (table.extents[0], table.extents[1])
        let result = try graph.builder.append(
            .embedding(count: count, channels: channels), [indices.node], shape: shape + [channels], name: node.name,
            ["weight": try Tensor(fitting: table.extents, values: table.floats)])
        let memory = indices.layout.memoryAxes
        guard memory != nil || indices.layout.isRowMajor else { throw ImportError("its indices are flattened maps") }
        let layout = Layout(
            indices.extents + [channels], isBatched: indices.layout.isBatched,
            memory: memory.map { $0 + [indices.extents.count] })
        return [.computed(Value(node: result, layout: layout))]
    }
}

extension Constant {
    fileprivate func scaled(_ factor: Float) -> Constant {
        factor == 1 ? self : Constant(extents, floats: floats.map { $0 * factor })
    }
}

extension GraphImport {
    /// The last axis times a matrix of weights, `[units, features]`: a dense layer, or for several rows a convolution
    /// of 1x1.
    mutating func dense(_ value: Value, _ weight: Constant, bias: Constant?, named name: String) throws -> Value {
        let rank = value.extents.count
        let (units, features) = (weight.extents[0], weight.extents[1])
        guard value.extents[rank - 1] == features, !(value.layout.isBatched && rank == 1) else {
            throw ImportError("multiplies rows of \(value.extents[rank - 1]) by a matrix of \(features) rows")
        }
        var parameters: [String: Tensor] = [:]
        if let bias {
            guard bias.count == 1 || bias.count == units else {
                throw ImportError("its bias is \(bias.extents.words), for \(units) outputs")
            }
            let values = bias.count == 1 ? Array(repeating: bias.floats[0], count: units) : bias.floats
            parameters["bias"] = try Tensor(fitting: [units], values: values)
        }
        let rows = value.layout.count / features
        let extents = value.extents.dropLast() + [units]
        let layout = Layout(Array(extents), isBatched: value.layout.isBatched)
        if rows == 1 {
            // Flattening a map permutes the weights' columns instead of the map.
            let moved = Constant([units] + value.layout.factors, weight.values)
                .transposed([0] + value.layout.order.map { $0 + 1 })
            parameters["weight"] = try Tensor(fitting: [units, features], values: moved.floats)
            let node = try builder.append(
                .dense(units: units, bias: bias != nil), [value.node], shape: [units], name: name, parameters)
            weightScales[node] = weight.scales?.values
            return Value(node: node, layout: layout)
        }
        let axes = value.extents.indices.dropFirst(value.layout.isBatched ? 1 : 0)
        let map = try arrange(value, [[], Array(axes.dropLast()), [rank - 1]])
        parameters["weight"] = try Tensor(fitting: [units, 1, 1, features], values: weight.floats)
        let node = try builder.append(
            .conv2D(filters: units, window: Window(kernel: 1), groups: 1, bias: bias != nil), [map],
            shape: [1, rows, units], name: name, parameters)
        weightScales[node] = weight.scales?.values
        return Value(node: node, layout: layout)
    }

    /// The product of two computed tensors.
    mutating func product(_ left: Value, _ right: Value, named name: String) throws -> Value {
        let (a, transposesA) = try matrix(left)
        let (b, transposesB) = try matrix(right)
        guard
            let product = MatrixProduct(
                Shape(builder.shapes[a]), transposesA, Shape(builder.shapes[b]), transposesB)
        else { throw ImportError("multiplies \(left.extents.words) by \(right.extents.words)") }
        let isBatched = left.layout.isBatched || right.layout.isBatched
        let rank = max(left.extents.count, right.extents.count)
        for value in [left, right] where isBatched {
            let keepsBatch =
                value.layout.isBatched ? value.extents.count == rank && rank > 2 : value.extents.count < rank
            guard keepsBatch || (value.extents.count == rank && value.extents[0] == 1) else {
                throw ImportError.mixesBatch()
            }
        }
        let inner =
            (left.extents.count == 1 ? [] : [product.rows]) + (right.extents.count == 1 ? [] : [product.columns])
        let outer = try left.extents.dropLast(2).map { $0 }.broadcast(with: right.extents.dropLast(2).map { $0 })
        let extents = outer + inner
        let node = try builder.append(
            .matmul(transposesA: transposesA, transposesB: transposesB), [a, b],
            shape: product.output.dimensions, name: name)
        return Value(node: node, layout: Layout(extents, isBatched: isBatched))
    }

    /// A value as a layer of matrices in ONNX's order, or with the innermost two axes swapped where memory has them so.
    private mutating func matrix(_ value: Value) throws -> (node: Int, isTransposed: Bool) {
        let axes = Array(value.extents.indices.dropFirst(value.layout.isBatched ? 1 : 0))
        let kept = Array(axes.dropLast(2).drop { value.extents[$0] == 1 }) + axes.suffix(2)
        guard kept.count >= 2 else { return (try arrange(value, kept.map { [$0] }), false) }
        let swapped = kept.dropLast(2) + [kept[kept.count - 1], kept[kept.count - 2]]
        let isTransposed =
            value.layout.order != value.layout.factors(of: kept)
            && value.layout.order == value.layout.factors(of: Array(swapped))
        return (try arrange(value, (isTransposed ? Array(swapped) : kept).map { [$0] }), isTransposed)
    }
}
