// SPDX-License-Identifier: Apache-2.0
// Products of two tensors' matrices.

import NNQGraph

extension Compiler {
    func matmul(_ site: Site, transposesA: Bool, transposesB: Bool) throws -> Compiled {
        let product = MatrixProduct(site.inputShapes[0], transposesA, site.inputShapes[1], transposesB)!
        let (m, n, k) = (product.rows, product.columns, product.terms)
        let left = IndexTable(broadcasting: product.outerA, to: product.outer)
        let right = IndexTable(broadcasting: product.outerB, to: product.outer).places
        // Each operand as it lies in memory; the output's matrices follow each other.
        func matrixA(_ base: UnsafeMutablePointer<Float>, _ place: Int) -> Matrix {
            transposesA ? Matrix(base + place * m * k, k, m) : Matrix(base + place * m * k, m, k)
        }
        func matrixB(_ base: UnsafeMutablePointer<Float>, _ place: Int32) -> Matrix {
            let first = base + Int(place) * k * n
            return transposesB ? Matrix(first, n, k) : Matrix(first, k, n)
        }
        return try loop(
            site,
            Loop(
                forward: { values in
                    left.forEach { i, place in
                        let (a, b) = (matrixA(values.inputs[0], place), matrixB(values.inputs[1], right[i]))
                        Matrix(values.output + i * m * n, m, n)
                            .set(transposesA ? a.transposed : a, times: transposesB ? b.transposed : b)
                    }
                },
                backward: { values, gradients in
                    left.forEach { i, place in
                        let gradient = Matrix(gradients.output + i * m * n, m, n)
                        if let result = gradients.inputs[0] {
                            let b = matrixB(values.inputs[1], right[i])
                            let other = transposesB ? b : b.transposed
                            let part = matrixA(result, place)
                            if transposesA {
                                part.add(other.transposed, times: gradient.transposed)
                            } else {
                                part.add(gradient, times: other)
                            }
                        }
                        if let result = gradients.inputs[1] {
                            let a = matrixA(values.inputs[0], place)
                            let other = transposesA ? a : a.transposed
                            let part = matrixB(result, right[i])
                            if transposesB {
                                part.add(gradient.transposed, times: other.transposed)
                            } else {
                                part.add(other, times: gradient)
                            }
                        }
                    }
                }))
    }
}
