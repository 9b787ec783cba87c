// SPDX-License-Identifier: Apache-2.0
// One value for all elements along some axes: means, sums, extremes.

import NNQGraph

extension Compiler {
    func globalMaxPool(_ site: Site) throws -> Compiled { try extreme(site, axes: [0, 1], isBetter: >) }

    func reduce(_ site: Site, _ reduction: Reduction, axes: [Int]) throws -> Compiled {
        let axes = axes.compactMap(site.inputShapes[0].axis)
        switch reduction {
        case .mean:
            let part = Float(site.shape.count) / Float(site.inputShapes[0].count)
            return try total(site, axes: axes, scale: part)
        case .sum: return try total(site, axes: axes, scale: 1)
        case .maximum: return try extreme(site, axes: axes, isBetter: >)
        case .minimum: return try extreme(site, axes: axes, isBetter: <)
        }
    }

    /// The sum times `scale`.
    private func total(_ site: Site, axes: [Int], scale: Float) throws -> Compiled {
        let table = IndexTable(reducing: site.inputShapes[0], axes: axes)
        let count = site.shape.count
        return try loop(
            site,
            Loop(
                forward: { values in
                    let (x, y) = (values.inputs[0], values.output)
                    y.update(repeating: 0, count: count)
                    table.forEach { i, place in y[place] += x[i] }
                    for i in 0..<count { y[i] *= scale }
                },
                backward: { _, gradients in
                    guard let result = gradients.inputs[0] else { return }
                    table.forEach { i, place in result[i] = scale * gradients.output[place] }
                }))
    }

    /// The gradient goes to the first of equal elements.
    private func extreme(_ site: Site, axes: [Int], isBetter: @escaping (Float, Float) -> Bool) throws -> Compiled {
        let table = IndexTable(reducing: site.inputShapes[0], axes: axes)
        let count = site.shape.count
        return try loop(
            site,
            Loop(
                forward: { values in
                    let (x, y) = (values.inputs[0], values.output)
                    y.update(repeating: isBetter(1, 0) ? -.infinity : .infinity, count: count)
                    table.forEach { i, place in if isBetter(x[i], y[place]) { y[place] = x[i] } }
                },
                backward: { values, gradients in
                    guard let result = gradients.inputs[0] else { return }
                    let (x, y) = (values.inputs[0], values.output)
                    var winners = [Int](repeating: -1, count: count)
                    table.forEach { i, place in if winners[place] < 0, x[i] == y[place] { winners[place] = i } }
                    for (place, winner) in winners.enumerated() where winner >= 0 {
                        result[winner] = gradients.output[place]
                    }
                }))
    }
}
