// SPDX-License-Identifier: Apache-2.0
// How much the outputs of a layer differ from the float layer's, as a function of its weights.

/// Output channels that read the same numbers, `outputs` of them with `terms` weights each. With the inputs that int8
/// gives as rows of X and the float layer's outputs less the bias as y, the squared error of a channel's weights w is
/// `|X w - y|^2 = w' H w - 2 g' w + |y|^2`, H = X'X, g = X'y: however many rows there are, H and g are all of it.
package struct RoundingProblem {
    package let outputs: Int
    package let terms: Int
    package private(set) var rows = 0
    /// `terms * terms`, symmetric.
    package var h: [Float] { hTotal.map { Float($0) } }
    /// `outputs * terms`.
    package var g: [Float] { gTotal.map { Float($0) } }
    /// By output.
    private var square: [Double]
    private var hTotal: [Double]
    private var gTotal: [Double]

    package init(outputs: Int, terms: Int) {
        self.outputs = outputs
        self.terms = terms
        square = Array(repeating: 0, count: outputs)
        hTotal = Array(repeating: 0, count: terms * terms)
        gTotal = Array(repeating: 0, count: outputs * terms)
    }

    /// - Parameters:
    ///   - x: rows of `terms` numbers; some hundreds at a time keep the sums exact enough.
    ///   - y: as many rows of `outputs` numbers.
    package mutating func add(_ x: [Float], _ y: [Float]) {
        let count = x.count / terms
        var h = Array(repeating: Float(0), count: terms * terms)
        var g = Array(repeating: Float(0), count: outputs * terms)
        for row in 0..<count {
            x.withUnsafeBufferPointer { x in
                let numbers = UnsafeBufferPointer(rebasing: x[row * terms..<(row + 1) * terms])
                for (k, value) in numbers.enumerated() where value != 0 { h.addRow(k, value, numbers) }
                for output in 0..<outputs {
                    let target = y[row * outputs + output]
                    square[output] += Double(target) * Double(target)
                    g.addRow(output, target, numbers)
                }
            }
        }
        for place in h.indices { hTotal[place] += Double(h[place]) }
        for place in g.indices { gTotal[place] += Double(g[place]) }
        rows += count
    }

    /// The mean squared error of an output channel over the rows.
    package func squaredError(_ output: Int, _ weights: ArraySlice<Float>) -> Double {
        guard rows > 0 else { return 0 }
        let weights = weights.map { Double($0) }
        var sum = square[output]
        for (k, weight) in weights.enumerated() where weight != 0 {
            var product = 0.0
            for (l, other) in weights.enumerated() { product += hTotal[k * terms + l] * other }
            sum += weight * (product - 2 * gTotal[output * terms + k])
        }
        return max(0, sum) / Double(rows)
    }
}

extension [Float] {
    /// Adds `factor` times a row of numbers to row `index` of a matrix of such rows.
    fileprivate mutating func addRow(_ index: Int, _ factor: Float, _ numbers: UnsafeBufferPointer<Float>) {
        let first = index * numbers.count
        withUnsafeMutableBufferPointer { matrix in
            for (place, number) in numbers.enumerated() { matrix[first + place] += factor * number }
        }
    }
}
