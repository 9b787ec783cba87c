// SPDX-License-Identifier: Apache-2.0
// Functions of one element that oneDNN lacks.

import Foundation
import NNQGraph

extension Compiler {
    func pointwise(_ site: Site, _ function: Activation) throws -> Compiled {
        let count = site.shape.count
        let forward = { (values: LoopValues) in
            let (x, y) = (values.inputs[0], values.output)
            for i in 0..<count { y[i] = function(x[i]) }
        }
        guard function.derivative(at: 0) != nil else { return try loop(site, Loop(forward: forward)) }
        return try loop(
            site,
            Loop(
                forward: forward,
                backward: { values, gradients in
                    guard let result = gradients.inputs[0] else { return }
                    let (x, gradient) = (values.inputs[0], gradients.output)
                    for i in 0..<count { result[i] = gradient[i] * Float(function.derivative(at: Double(x[i]))!) }
                }))
    }
}

extension Activation {
    /// The derivative at `x` of functions that oneDNN lacks; nil for others, and for those that are flat everywhere.
    fileprivate func derivative(at x: Double) -> Double? {
        switch self {
        case .thresholdedReLU(let threshold): x > Double(threshold) ? 1 : 0
        case .hardSigmoid(let slope, let offset):
            (0...1).contains(Double(slope) * x + Double(offset)) ? Double(slope) : 0
        case .selu(let alpha, let gamma): Double(gamma) * (x < 0 ? Double(alpha) * Foundation.exp(x) : 1)
        case .celu(let alpha): x < 0 ? Foundation.exp(x / Double(alpha)) : 1
        case .softsign: 1 / ((1 + x.magnitude) * (1 + x.magnitude))
        case .reciprocal: -1 / (x * x)
        case .negate: -1
        case .erf: 2 / Double.pi.squareRoot() * Foundation.exp(-x * x)
        case .sin: Foundation.cos(x)
        case .cos: -Foundation.sin(x)
        default: nil
        }
    }
}
