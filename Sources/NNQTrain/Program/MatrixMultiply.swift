// SPDX-License-Identifier: Apache-2.0
// oneDNN's matrix product, for layers that multiply more than once.

import CDNNL

/// A row-major matrix somewhere in memory.
struct Matrix {
    let values: UnsafeMutablePointer<Float>
    /// Extents as the product sees them.
    let rows: Int
    let columns: Int
    /// Floats from one row in memory to the next.
    let stride: Int
    /// True where rows in memory are the product's columns.
    var isTransposed = false

    init(_ values: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int, stride: Int? = nil) {
        (self.values, self.rows, self.columns) = (values, rows, columns)
        self.stride = stride ?? columns
    }

    private init(transposing other: Matrix) {
        (values, rows, columns, stride) = (other.values, other.columns, other.rows, other.stride)
        isTransposed = !other.isTransposed
    }

    var transposed: Matrix { Matrix(transposing: self) }

    /// Adds the product of two matrices; or sets, where `adding` is false.
    func set(_ left: Matrix, times right: Matrix, adding: Bool = false) {
        precondition(left.columns == right.rows && rows == left.rows && columns == right.columns && !isTransposed)
        let status = dnnl_sgemm(
            left.letter, right.letter, Int64(rows), Int64(columns), Int64(left.columns), 1, left.values,
            Int64(left.stride), right.values, Int64(right.stride), adding ? 1 : 0, values, Int64(stride))
        precondition(status == dnnl_success, "a matrix product of \(rows)x\(left.columns)x\(columns)")
    }

    func add(_ left: Matrix, times right: Matrix) { set(left, times: right, adding: true) }

    private var letter: CChar { CChar(UInt8(ascii: isTransposed ? "T" : "N")) }
}
