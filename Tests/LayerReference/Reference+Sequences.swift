// SPDX-License-Identifier: Apache-2.0
// Recurrent layers by their definition, step by step.

import Foundation
import NNQGraph

extension LayerReference {
    func lstm(_ units: Int) -> [Double] {
        var (h, c) = (Array(repeating: 0.0, count: units), Array(repeating: 0.0, count: units))
        return rows(inputs[0], shapes[0].channels).flatMap { x in
            let sums = zip(
                sums("weight", x, bias: "bias"), sums("recurrent_weight", h, bias: nil)
            ).map(+)
            for u in 0..<units {
                let (i, f) = (sigmoid(sums[u]), sigmoid(sums[units + u]))
                let (g, o) = (tanh(sums[2 * units + u]), sigmoid(sums[3 * units + u]))
                c[u] = f * c[u] + i * g
                h[u] = o * tanh(c[u])
            }
            return h
        }
    }

    func gru(_ units: Int, _ resetAfter: Bool) -> [Double] {
        var h = Array(repeating: 0.0, count: units)
        return rows(inputs[0], shapes[0].channels).flatMap { x in
            let fromInput = sums("weight", x, bias: "bias")
            let fromState = sums("recurrent_weight", h, bias: "recurrent_bias")
            let gates = (0..<2 * units).map { sigmoid(fromInput[$0] + fromState[$0]) }
            let reset = (0..<units).map { gates[units + $0] * h[$0] }
            let fromReset = sums("recurrent_weight", reset, bias: "recurrent_bias")
            h = (0..<units).map { u in
                let n = 2 * units + u
                let candidate = tanh(fromInput[n] + (resetAfter ? gates[units + u] * fromState[n] : fromReset[n]))
                return (1 - gates[u]) * candidate + gates[u] * h[u]
            }
            return h
        }
    }

    private func sums(_ weight: String, _ x: [Double], bias: String?) -> [Double] {
        let products = rows(parameter(weight), x.count).map { zip($0, x).reduce(0) { $0 + $1.0 * $1.1 } }
        guard let bias else { return products }
        return zip(products, parameter(bias)).map(+)
    }

    private func sigmoid(_ x: Double) -> Double { 0.5 * (1 + tanh(x / 2)) }
}
