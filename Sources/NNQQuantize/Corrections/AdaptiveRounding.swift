// SPDX-License-Identifier: Apache-2.0
// AdaRound: which weights to round up and which down, learned from what the layer reads.

import Dispatch
import Foundation

/// Nagel, Amjad, van Baalen, Louizos and Blankevoort, "Up or Down? Adaptive Rounding for Post-Training Quantization",
/// 2020: each weight is its floor and a part `h(v)` of a step, `h(v) = clip(1.2 sigmoid(v) - 0.1, 0, 1)`; Adam moves v
/// so that the layer's squared error falls, while `1 - |2 h - 1|^beta`, with beta going from 20 to 2, drives each h to
/// 0 or 1.
///
/// The error is that of the sums before the activation (their equation 21, with the inputs that int8 gives, not 25,
/// which has the activation in it), so that it is a quadratic form and every step sees all rows at once.
package struct AdaptiveRounding {
    package let problem: RoundingProblem
    /// Steps of Adam.
    package var iterations = 2000
    private static let rate: Float = 0.02
    private static let warmup = 0.2
    /// What the regularizer weighs against the error, which is 1 a weight where all round at random.
    private static let strength: Float = 0.3

    private let most: Float

    /// - Parameter steps: the largest weight in integers, 127, or 7 for 4 bits.
    package init(_ problem: RoundingProblem, steps: Int = 127) {
        self.problem = problem
        most = Float(steps)
        let cost = 2 * Double(problem.outputs) * Double(problem.terms) * Double(problem.terms)
        iterations = Int(min(2000, max(400, 1e12 / cost)))
    }

    /// - Parameters:
    ///   - weights: `outputs * terms`, real.
    ///   - scales: by output; a channel of scale 0 stays as it is.
    /// - Returns: the weights in steps of their scale, -steps ... steps, of each channel the better of learned and
    ///   nearest.
    package func rounded(_ weights: [Float], scales: [Float]) -> [Int8] {
        let terms = problem.terms
        let results = UnsafeMutableBufferPointer<Int8>.allocate(capacity: weights.count)
        defer { results.deallocate() }
        // Channels are independent; eight at a time share the reading of H.
        let block = 8
        let blocks = (problem.outputs + block - 1) / block
        nonisolated(unsafe) let shared = results
        DispatchQueue.concurrentPerform(iterations: blocks) { index in
            let outputs = index * block..<min((index + 1) * block, problem.outputs)
            let own = Array(weights[outputs.lowerBound * terms..<outputs.upperBound * terms])
            let learned = learn(own, Array(scales[outputs]), outputs)
            for (place, value) in learned.enumerated() { shared[outputs.lowerBound * terms + place] = value }
        }
        return Array(results)
    }

    private func learn(_ weights: [Float], _ scales: [Float], _ outputs: Range<Int>) -> [Int8] {
        let terms = problem.terms
        let exact = weights.indices.map { scales[$0 / terms] > 0 ? weights[$0] / scales[$0 / terms] : 0 }
        let floors = exact.map { min(max($0.rounded(.down), -most), most - 1) }
        let nearest = exact.map { min(max($0.rounded(), -most), most) }
        var search = Search(problem, outputs, scales, floors, parts: zip(exact, floors).map { min(max($0 - $1, 0), 1) })
        for step in 0..<iterations {
            let progress = Double(step) / Double(iterations)
            let annealed = max(0, progress - Self.warmup) / (1 - Self.warmup)
            let beta = progress < Self.warmup ? nil : Float(2 + 18 * (1 - annealed))
            search.step(rate: Self.rate, strength: Self.strength, beta: beta, number: step + 1)
        }
        let learned = search.decided
        return zip(outputs, scales).enumerated().flatMap { place, channel -> [Int8] in
            let own = place * terms..<(place + 1) * terms
            func error(_ steps: [Float]) -> Double {
                problem.squaredError(channel.0, steps[own].map { $0 * channel.1 }[...])
            }
            return (error(learned) < error(nearest) ? learned : nearest)[own].map { Int8($0) }
        }
    }
}

/// Adam on the roundings of a few output channels.
private struct Search {
    private let terms: Int
    private let h: [Float]
    /// `H w - g` of the floors, in steps, by output and term.
    private let constant: [Float]
    /// By output: what turns `H` times steps into the gradient of the error, in units of one random rounding a weight.
    private let factors: [Float]
    private let floors: [Float]
    private var v: [Float]
    private var parts: [Float]
    private var slopes: [Float]
    private var gradient: [Float]
    private var first: [Float]
    private var second: [Float]

    init(
        _ problem: RoundingProblem, _ outputs: Range<Int>, _ scales: [Float], _ floors: [Float], parts: [Float]
    ) {
        let terms = problem.terms
        self.terms = terms
        self.floors = floors
        let h = problem.h
        let g = problem.g
        self.h = h
        let trace = (0..<terms).reduce(Float(0)) { $0 + h[$1 * terms + $1] }
        factors = scales.map { _ in trace > 0 ? 2 * 12 * Float(terms) / trace : 0 }
        v = parts.map { part in
            let sigmoid = min(max((part + 0.1) / 1.2, 1e-4), 1 - 1e-4)
            return log(sigmoid / (1 - sigmoid))
        }
        self.parts = parts
        gradient = parts
        slopes = parts
        first = parts.map { _ in 0 }
        second = first
        var constant = floors.indices.map { place -> Float in
            let scale = scales[place / terms]
            return scale > 0 ? -g[outputs.lowerBound * terms + place] / scale : 0
        }
        constant.addProduct(floors, h, terms: terms)
        self.constant = constant
    }

    /// - Parameter beta: of the regularizer; nil leaves it out.
    mutating func step(rate: Float, strength: Float, beta: Float?, number: Int) {
        for place in v.indices {
            let sigmoid = 1 / (1 + exp(-v[place]))
            let part = 1.2 * sigmoid - 0.1
            parts[place] = min(max(part, 0), 1)
            slopes[place] = part > 0 && part < 1 ? 1.2 * sigmoid * (1 - sigmoid) : 0
        }
        for place in gradient.indices { gradient[place] = constant[place] }
        gradient.addProduct(parts, h, terms: terms)
        let correction = (1 - pow(0.999, Float(number))).squareRoot() / (1 - pow(0.9, Float(number)))
        for place in v.indices {
            var slope = gradient[place] * factors[place / terms]
            if let beta {
                let distance = 2 * parts[place] - 1
                slope -= strength * 2 * beta * pow(abs(distance), beta - 1) * (distance < 0 ? -1 : 1)
            }
            slope *= slopes[place]
            first[place] = 0.9 * first[place] + 0.1 * slope
            second[place] = 0.999 * second[place] + 0.001 * slope * slope
            v[place] -= rate * correction * first[place] / (second[place].squareRoot() + 1e-8)
        }
    }

    /// The weights in steps, each at its floor or one above.
    var decided: [Float] { zip(floors, v).map { $0 + ($1 >= 0 ? 1 : 0) } }
}

extension [Float] {
    /// Adds `left * right`, rows of `terms` numbers times a square matrix.
    fileprivate mutating func addProduct(_ left: [Float], _ right: [Float], terms: Int) {
        let rows = left.count / terms
        withUnsafeMutableBufferPointer { result in
            left.withUnsafeBufferPointer { left in
                right.withUnsafeBufferPointer { right in
                    for k in 0..<terms {
                        let source = right.baseAddress! + k * terms
                        for row in 0..<rows {
                            let factor = left[row * terms + k]
                            let target = result.baseAddress! + row * terms
                            for column in 0..<terms { target[column] += factor * source[column] }
                        }
                    }
                }
            }
        }
    }
}
