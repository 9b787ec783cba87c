// SPDX-License-Identifier: Apache-2.0
// Functions of one int8 value with TensorFlow Lite Micro's arithmetic.

import NNQFormat

/// A function from int8 values to values that the caller limits to int8.
struct TFLiteFunction {
    private let body: (Int) -> Int

    init(_ body: @escaping (Int) -> Int) { self.body = body }

    func callAsFunction(_ q: Int) -> Int { body(q) }

    /// QUANTIZE from int8 to int8.
    static func requantize(_ input: Quantization, _ output: Quantization) -> TFLiteFunction {
        let factor = TFLiteMultiplier(Double(input.scale) / Double(output.scale))
        return TFLiteFunction { q in Int(factor(Int64(q - Int(input.zeroPoint)))) + Int(output.zeroPoint) }
    }

    static func relu(_ input: Quantization, _ output: Quantization) -> TFLiteFunction {
        let scaled = requantize(input, output)
        return TFLiteFunction { q in max(scaled(q), Int(output.zeroPoint)) }
    }

    /// Limits without a change of scale, both in the input's units.
    static func relu6(_ input: Quantization) -> TFLiteFunction {
        let zero = Int(input.zeroPoint)
        let steps = (6 / input.scale).rounded(.toNearestOrAwayFromZero)
        let six = min(zero + Int(min(steps, 512)), 127)
        return TFLiteFunction { q in min(max(q, zero), six) }
    }

    /// Nil where a slope is negative or too large. The factors are computed in single precision.
    static func leakyReLU(alpha: Float, _ input: Quantization, _ output: Quantization) -> TFLiteFunction? {
        let slope = Double(input.scale * alpha / output.scale)
        let identity = Double(input.scale / output.scale)
        guard slope >= 0, slope < 0x1p30, identity < 0x1p30 else { return nil }
        let (below, above) = (TFLiteMultiplier(slope), TFLiteMultiplier(identity))
        return TFLiteFunction { q in
            let value = Int64(q - Int(input.zeroPoint))
            return Int(value >= 0 ? above(value) : below(value)) + Int(output.zeroPoint)
        }
    }

    /// The output is of scale 1/256 and zero point -128.
    static func logistic(_ input: Quantization) -> TFLiteFunction {
        sigmoidal(input, lowest: -128) { x in
            Int(FixedPoint.divide(FixedPoint.logistic(x, integerBits: integerBits), byPowerOfTwo: 23)) - 128
        }
    }

    /// The output is of scale 1/128 and zero point 0.
    static func tanh(_ input: Quantization) -> TFLiteFunction {
        sigmoidal(input, lowest: -128) { x in
            Int(FixedPoint.divide(FixedPoint.hyperbolicTangent(x, integerBits: integerBits), byPowerOfTwo: 24))
        }
    }

    /// Of the inputs to logistic and tanh, which are within 16.
    private static let integerBits = 4

    /// Saturated outside of what the fixed-point input can hold.
    private static func sigmoidal(
        _ input: Quantization, lowest: Int, _ function: @escaping (Int32) -> Int
    ) -> TFLiteFunction {
        let factor = TFLiteMultiplier(Double(input.scale) * 0x1p27)
        let unit = Double(sign: .plus, exponent: factor.exponent, significand: 1)
        let radius = Int((min(15 * 0x1p27 / unit, 512)).rounded(.down))
        return TFLiteFunction { q in
            let centred = q - Int(input.zeroPoint)
            if centred <= -radius { return lowest }
            return centred >= radius ? 127 : function(Int32(factor(Int64(centred))))
        }
    }
}
