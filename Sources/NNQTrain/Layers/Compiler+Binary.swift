// SPDX-License-Identifier: Apache-2.0
// Functions of two tensors' elements, with broadcasting.

import NNQGraph

extension Compiler {
    func binary(_ site: Site, _ function: BinaryFunction) throws -> Compiled {
        switch function {
        case .subtract: try pairs(site, -) { _, _ in (1, -1) }
        case .multiply: try pairs(site, *) { ($1, $0) }
        case .divide: try pairs(site, /) { (1 / $1, -$0 / ($1 * $1)) }
        case .minimum: try pairs(site, { function($0, $1) }) { $0 <= $1 ? (1, 0) : (0, 1) }
        case .maximum: try pairs(site, { function($0, $1) }) { $0 >= $1 ? (1, 0) : (0, 1) }
        }
    }

    /// The sum of tensors of which one repeats.
    func broadcastAdd(_ site: Site) throws -> Compiled { try pairs(site, +) { _, _ in (1, 1) } }

    /// - Parameters:
    ///   - value: The function.
    ///   - slopes: Its derivatives by each operand.
    @inline(__always)
    private func pairs(
        _ site: Site, _ value: @escaping (Float, Float) -> Float, _ slopes: @escaping (Float, Float) -> (Float, Float)
    ) throws -> Compiled {
        let left = IndexTable(broadcasting: site.inputShapes[0], to: site.shape)
        let right = IndexTable(broadcasting: site.inputShapes[1], to: site.shape).places
        return try loop(
            site,
            Loop(
                forward: { values in
                    let (a, b, y) = (values.inputs[0], values.inputs[1], values.output)
                    left.forEach { i, place in y[i] = value(a[place], b[Int(right[i])]) }
                },
                backward: { values, gradients in
                    let (a, b, gradient) = (values.inputs[0], values.inputs[1], gradients.output)
                    let (resultA, resultB) = (gradients.inputs[0], gradients.inputs[1])
                    left.forEach { i, place in
                        let other = Int(right[i])
                        let slope = slopes(a[place], b[other])
                        resultA?[place] += slope.0 * gradient[i]
                        resultB?[other] += slope.1 * gradient[i]
                    }
                }))
    }
}
