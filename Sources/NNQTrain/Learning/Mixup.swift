// SPDX-License-Identifier: Apache-2.0
// Mixes the samples of a batch with each other.

import Foundation
import NNQBase
import NNQData
import NNQGraph

/// Mixup (Zhang, Cisse, Dauphin and Lopez-Paz, "mixup: Beyond Empirical Risk Minimization", 2018): every sample of a
/// batch becomes `lambda` of itself and the rest of another one, and its target too. One lambda a batch, from
/// Beta(alpha, alpha), and one order of partners, both by seed and step.
package struct Mixup {
    private let alpha: Double
    private let seed: UInt64

    package init(alpha: Float, seed: UInt64) {
        self.alpha = Double(alpha)
        self.seed = seed
    }

    /// What is mixed in a step: lambda, and each sample's partner.
    package func draw(step: UInt64, count: Int) -> (lambda: Float, partners: [Int]) {
        var rng = Rng(seed: seed, stream: 0x313c_5f70, step)
        let lambda = rng.beta(alpha, alpha)
        var partners = Array(0..<count)
        rng.shuffle(&partners)
        return (Float(lambda), partners)
    }

    /// Mixes a full batch of inputs and its targets in place.
    package func mix(_ inputs: UnsafeMutableBufferPointer<Float>, _ targets: TargetBuffer, step: UInt64) {
        let (lambda, partners) = draw(step: step, count: targets.labels.count)
        let before = Array(inputs)
        let size = inputs.count / partners.count
        before.withUnsafeBufferPointer { before in
            for (row, partner) in partners.enumerated() {
                let output = inputs.baseAddress! + row * size
                let (own, other) = (before.baseAddress! + row * size, before.baseAddress! + partner * size)
                for index in 0..<size { output[index] = lambda * own[index] + (1 - lambda) * other[index] }
            }
        }
        targets.mix(lambda, partners: partners)
    }
}

extension Rng {
    /// Beta-distributed in [0, 1], from two gamma-distributed numbers.
    package mutating func beta(_ a: Double, _ b: Double) -> Double {
        let (x, y) = (logGamma(a), logGamma(b))
        return 1 / (1 + exp(y - x))
    }

    /// The logarithm of a gamma-distributed number of scale 1 (Marsaglia and Tsang, "A simple method for generating
    /// gamma variables", 2000); shapes below 1 by their remark, as `gamma(shape + 1) * uniform^(1 / shape)`.
    private mutating func logGamma(_ shape: Double) -> Double {
        if shape < 1 { return logGamma(shape + 1) + PortableMath.log(openUniform()) / shape }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = Double(normal())
            let cube = 1 + c * x
            guard cube > 0 else { continue }
            let v = cube * cube * cube
            let bound = 0.5 * x * x + d - d * v + d * PortableMath.log(v)
            if PortableMath.log(openUniform()) < bound { return PortableMath.log(d * v) }
        }
    }

    /// Uniform in (0, 1], 53 bits.
    private mutating func openUniform() -> Double { Double((next() >> 11) + 1) * 0x1p-53 }
}
