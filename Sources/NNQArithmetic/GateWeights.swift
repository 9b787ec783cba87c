// SPDX-License-Identifier: Apache-2.0
// The gates of recurrent layers in integers, with the proof that no accumulator overflows.

import NNQFormat

/// The real weights of a recurrent layer: each gate of each unit has a sum over the input and one over the hidden
/// state.
package struct GateWeights {
    package let gates, inputs, units: Int
    /// `[gates, units, inputs]`.
    package var input: [Float]
    /// `[gates, units, units]`.
    package var hidden: [Float]
    /// `[gates, units]`: of the sum over the input, and over the hidden state.
    package var inputBias, hiddenBias: [Float]

    package init(
        gates: Int, inputs: Int, units: Int, input: [Float], hidden: [Float], inputBias: [Float], hiddenBias: [Float]
    ) {
        (self.gates, self.inputs, self.units) = (gates, inputs, units)
        (self.input, self.hidden, self.inputBias, self.hiddenBias) = (input, hidden, inputBias, hiddenBias)
    }

    package var isFinite: Bool { [input, hidden, inputBias, hiddenBias].allSatisfy { $0.allSatisfy(\.isFinite) } }
}

extension GateWeights {
    /// What a gate's sums are in, before sigmoid and tanh.
    package static let sumScale = 0x1p-12

    /// Symmetric weights with a scale for each gate's weights of the input, and for those of the hidden state; larger
    /// scales where accumulators need them.
    /// - Returns: nil where no scales fit.
    package func quantized(input: Quantization, hidden: Quantization) -> Gates? {
        var result = Gates(filter: [], multiplier: [], bias: [], shift: [])
        var sums: [(input: Sums, hidden: Sums)] = []
        for gate in 0..<gates {
            let rows = gate * units..<(gate + 1) * units
            let weights = self.input[rows.lowerBound * inputs..<rows.upperBound * inputs]
            let recurrent = self.hidden[rows.lowerBound * units..<rows.upperBound * units]
            guard let first = Sums(weights, bias: inputBias[rows], of: input),
                let second = Sums(recurrent, bias: hiddenBias[rows], of: hidden)
            else { return nil }
            sums.append((first, second))
            result.multiplier += [first.scaling.multiplier, second.scaling.multiplier]
            result.shift += [first.scaling.shift, second.scaling.shift]
        }
        for unit in 0..<units {
            for (first, second) in sums {
                result.filter += first.weights[unit * inputs..<(unit + 1) * inputs]
                result.filter += second.weights[unit * units..<(unit + 1) * units]
                result.bias += [first.bias[unit], second.bias[unit]]
            }
        }
        return result
    }

    /// The sums of one gate over one vector, for all units.
    private struct Sums {
        var weights: [Int8] = []
        var bias: [Int32] = []
        var scaling: GateScaling

        init?(_ real: ArraySlice<Float>, bias realBias: ArraySlice<Float>, of values: Quantization) {
            let largest = real.reduce(0) { max($0, abs($1)) }
            // Where all weights are 0, the sum is the bias, in steps far below those of its scaled value.
            var scale = largest > 0 ? Double(largest) / 127 : sumScale * 0x1p-8 / Double(values.scale)
            for _ in 0..<64 {
                let step = scale * Double(values.scale)
                if let scaling = GateScaling(step / sumScale) {
                    self.scaling = scaling
                    if fill(real, realBias, scale: scale, step: step, zeroPoint: Int(values.zeroPoint)) { return }
                }
                scale *= 2
            }
            return nil
        }

        /// - Returns: false where an accumulator could overflow.
        private mutating func fill(
            _ real: ArraySlice<Float>, _ realBias: ArraySlice<Float>, scale: Double, step: Double, zeroPoint: Int
        ) -> Bool {
            weights = real.map { Int8(min(max((Double($0) / scale).rounded(), -127), 127)) }
            bias = []
            let terms = real.count / realBias.count
            let limit = Double(Int32.max >> Int32(max(0, 31 - Int(scaling.shift))))
            for (unit, value) in realBias.enumerated() {
                let row = weights[unit * terms..<(unit + 1) * terms]
                let whole = (Double(value) / step).rounded() - Double(zeroPoint * row.reduce(0) { $0 + Int($1) })
                if abs(whole) + Double(128 * row.reduce(0) { $0 + Int($1.magnitude) }) > limit { return false }
                bias.append(Int32(whole))
            }
            return true
        }
    }
}

/// A factor as `multiplier / 2^shift`, for rounding twice (SPEC.md, section 4).
package struct GateScaling {
    /// 2^30 ... 2^31 - 1, or 0 for factors that scale all to 0.
    package var multiplier: Int32
    /// 1 ... 62.
    package var shift: UInt8

    /// - Returns: nil for factors of 2^30 and above.
    package init?(_ factor: Double) {
        precondition(factor > 0)
        var shift = 30 - Int(factor.exponent)
        var rounded = Int64((factor.significand * 0x1p30).rounded())
        if rounded == 1 << 31 { (rounded, shift) = (1 << 30, shift - 1) }
        guard shift >= 1 else { return nil }
        (multiplier, self.shift) = shift > 62 ? (0, 62) : (Int32(rounded), UInt8(shift))
    }
}
