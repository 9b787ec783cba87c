// SPDX-License-Identifier: Apache-2.0
// HARD_SWISH, x * min(max(x + 3, 0), 6) / 6, in 16-bit fixed point.

import NNQFormat

extension TFLiteFunction {
    /// Nil where the output's scale is too small for the input's.
    static func hardSwish(_ input: Quantization, _ output: Quantization) -> TFLiteFunction? {
        let fineScale = Float(1) / 128 * input.scale
        let toOutput = TFLiteMultiplier(Double(fineScale / output.scale))
        // 3 is 32768 on this scale.
        let toGate = TFLiteMultiplier(Double(fineScale / (Float(3) / 32768)))
        guard toOutput.exponent <= 0 else { return nil }
        return TFLiteFunction { q in
            let fine = Int16((q - Int(input.zeroPoint)) * 128)
            let gate = (Int(gateOf(fine, toGate)) + 32768) >> 1
            let scaled = highProduct(fine, toOutput.short)
            // Towards zero, which cancels the bias of the roundings before.
            let product = Int32(gate * Int(scaled) / 32768)
            return Int(FixedPoint.divide(product, byPowerOfTwo: -toOutput.exponent)) + Int(output.zeroPoint)
        }
    }

    /// `x / 3` limited to [-1, 1), without integer bits. A shift to the left saturates; its last step comes after the
    /// product, so that saturation before it does not show.
    private static func gateOf(_ fine: Int16, _ factor: TFLiteMultiplier) -> Int16 {
        let before = max(factor.exponent - 1, 0)
        let product = highProduct(shifted(fine, left: before), factor.short)
        if factor.exponent > 0 { return shifted(product, left: 1) }
        return Int16(FixedPoint.divide(Int32(product), byPowerOfTwo: -factor.exponent))
    }

    private static func shifted(_ value: Int16, left: Int) -> Int16 { Int16(clamping: Int64(value) << min(left, 40)) }

    /// `a * b / 2^15`, rounded to nearest, ties up in magnitude for positive and down for negative products.
    private static func highProduct(_ a: Int16, _ b: Int16) -> Int16 {
        let product = Int32(a) * Int32(b)
        return Int16(clamping: (product + (product >= 0 ? 1 << 14 : 1 - 1 << 14)) / (1 << 15))
    }
}

extension TFLiteMultiplier {
    /// The multiplier in 16 bits, rounded half up, saturated.
    fileprivate var short: Int16 {
        multiplier >= Int32.max - 1 << 15 ? Int16.max : Int16((multiplier + 1 << 15) >> 16)
    }
}
