// SPDX-License-Identifier: Apache-2.0
// Products of two tensors' matrices.

import CNNQ
import NNQArithmetic
import NNQFormat
import NNQGraph

extension Lowering {
    mutating func lowerMatmul(_ index: Int, transposesA: Bool, transposesB: Bool) throws {
        let node = graph.nodes[index]
        let sources = node.inputs.map { shapes[$0] }
        guard let product = MatrixProduct(sources[0], transposesA, sources[1], transposesB) else {
            throw QuantizeError.at(node, "\(sources[0]) and \(sources[1]) are not two matrices that fit")
        }
        guard [product.outerA, product.outerB].allSatisfy({ $0.count == 1 || $0 == product.outer }) else {
            throw QuantizeError.at(
                node,
                "an int8 program repeats all matrices of an operand or none, not \(sources[0]) times \(sources[1]): "
                    + "reshape one of them")
        }
        // A vector on the right is a column, which lies in memory as a row does.
        let transposesB = transposesB || sources[1].rank == 1
        let (rows, terms, columns) = (product.rows, product.terms, product.columns)
        var tensors = inputs(index)
        let matrices = [
            MapExtents(product.outerA.count, transposesA ? (terms, rows) : (rows, terms)),
            MapExtents(product.outerB.count, transposesB ? (columns, terms) : (terms, columns)),
        ]
        for (operand, extents) in matrices.enumerated() where MapExtents(program.tensors[tensors[operand]]) != extents {
            tensors[operand] = try appendPart(
                .reshape, of: index, inputs: [tensors[operand]], extents: extents, part: operand + 1,
                program.tensors[tensors[operand]].quantization)
        }
        let quantizations = tensors.map { program.tensors[$0].quantization }
        let scale = Double(quantizations[0].scale) * Double(quantizations[1].scale)
        let bound = quantizations[0].deviation * quantizations[1].deviation * terms
        let (by, output) = try fitted(index, calibratedOutput(index)) {
            ScaleArithmetic(scale / Double($0.scale), bound: bound)
        }
        var parameters = nnq_batch_matmul_params()
        (parameters.transpose_a, parameters.transpose_b) = (transposesA ? 1 : 0, transposesB ? 1 : 0)
        (parameters.multiplier, parameters.shift) = (by.multiplier, by.shift)
        (parameters.act_min, parameters.act_max) = limits(index, output)
        let extents = MapExtents(product.outer.count, (rows, columns))
        if extents == MapExtents(shapes[index]) {
            return try append(.batchMatmul(parameters), for: index, inputs: tensors, output)
        }
        let result = try appendPart(
            .batchMatmul(parameters), of: index, inputs: tensors, extents: extents, part: 3, output)
        try append(.reshape, for: index, inputs: [result], output)
    }
}

extension MapExtents {
    /// So many matrices.
    fileprivate init(_ count: Int, _ matrix: (rows: Int, columns: Int)) {
        (height, width, channels) = (count, matrix.rows, matrix.columns)
    }
}
