// SPDX-License-Identifier: Apache-2.0
// The geometry of a matrix product of two tensors.

/// The matrices that a `matmul` layer multiplies.
public struct MatrixProduct: Hashable, Sendable {
    /// Extents of one product: `[rows, terms]` by `[terms, columns]`, after transposition.
    public let rows, terms, columns: Int
    /// Outer extents, to which both operands' are broadcast.
    public let outer: Shape
    /// Outer extents of the operands, as many as `outer` has.
    public let outerA, outerB: Shape
    /// The result's shape.
    public let output: Shape

    /// Nil where the operands do not fit.
    public init?(_ left: Shape, _ transposesA: Bool, _ right: Shape, _ transposesB: Bool) {
        guard left.rank >= (transposesA ? 2 : 1), right.rank >= (transposesB ? 2 : 1) else { return nil }
        let a = left.rank == 1 ? [1, left[0]] : left.dimensions
        let b = right.rank == 1 ? [right[0], 1] : right.dimensions
        let (matrixA, matrixB) = (a.suffix(2).map { $0 }, b.suffix(2).map { $0 })
        let (outerA, outerB) = (Shape(a.dropLast(2)), Shape(b.dropLast(2)))
        guard let outer = outerA.broadcast(with: outerB) else { return nil }
        rows = matrixA[transposesA ? 1 : 0]
        terms = matrixA[transposesA ? 0 : 1]
        columns = matrixB[transposesB ? 0 : 1]
        guard matrixB[transposesB ? 1 : 0] == terms else { return nil }
        self.outer = outer
        self.outerA = outerA.padded(to: outer.rank)
        self.outerB = outerB.padded(to: outer.rank)
        let inner = (left.rank == 1 ? [] : [rows]) + (right.rank == 1 ? [] : [columns])
        let all = outer.dimensions + inner
        output = all.isEmpty ? [1] : Shape(all)
    }
}
