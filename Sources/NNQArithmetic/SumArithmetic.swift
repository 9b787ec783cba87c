// SPDX-License-Identifier: Apache-2.0
// 15-bit multipliers: the arithmetic of add and concat (SPEC.md, section 5).

import NNQFormat

/// `(q[0] * multipliers[0] + ... + constant) >> shift`, which brings tensors to one output scale and adds or
/// subtracts them.
package struct SumArithmetic: Hashable {
    /// -32767 ... 32767, one an input.
    package var multipliers: [Int32]
    /// Zero points and rounding.
    package var constant: Int32
    /// 1 ... 30.
    package var shift: Int

    /// With the largest shift, and so the finest multipliers, for which nothing overflows; nil where there is none
    /// because an input's scale is too many times the output's.
    /// - Parameter signs: of the inputs, 1 or -1; nil where all are added.
    package init?(inputs: [Quantization], signs: [Int]? = nil, output: Quantization) {
        let signs = signs ?? inputs.map { _ in 1 }
        let ratios = zip(inputs, signs).map { Double($0.scale) / Double(output.scale) * Double($1) }
        for shift in stride(from: 30, through: 1, by: -1) {
            let unit = Double(1 << shift)
            let multipliers = ratios.map { ($0 * unit).rounded() }
            guard multipliers.allSatisfy({ abs($0) <= 32767 }) else { continue }
            var constant = Double(output.zeroPoint) * unit + unit / 2
            for (input, multiplier) in zip(inputs, multipliers) { constant -= Double(input.zeroPoint) * multiplier }
            guard abs(constant) + 128 * multipliers.map(abs).reduce(0, +) <= Double(Int32.max) else { continue }
            self.multipliers = multipliers.map { Int32($0) }
            self.constant = Int32(constant)
            self.shift = shift
            return
        }
        return nil
    }
}

extension Rescale {
    /// From one quantization to another; a plain copy where they are the same.
    package init?(from input: Quantization, to output: Quantization) {
        if input == output {
            self = .identity
            return
        }
        guard let sum = SumArithmetic(inputs: [input], output: output) else { return nil }
        self.init(constant: sum.constant, multiplier: UInt16(sum.multipliers[0]), shift: UInt8(sum.shift))
    }
}
