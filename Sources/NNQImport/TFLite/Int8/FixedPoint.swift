// SPDX-License-Identifier: Apache-2.0
// The fixed-point functions of TensorFlow Lite's int8 kernels, which come from gemmlowp.

/// Numbers of 32 bits that stand for `raw / 2^(31 - integer bits)`. With the same roundings as gemmlowp's
/// fixedpoint.h, so that tables made of them have TensorFlow Lite Micro's bits.
enum FixedPoint {
    /// `a * b / 2^31`, rounded to nearest, ties up in magnitude for positive and down for negative products.
    static func highProduct(_ a: Int32, _ b: Int32) -> Int32 {
        if a == .min, b == .min { return .max }
        let product = Int64(a) * Int64(b)
        return Int32((product + (product >= 0 ? 1 << 30 : 1 - 1 << 30)) / (1 << 31))
    }

    /// `value / 2^bits`, rounded to nearest, ties away from zero.
    static func divide(_ value: Int32, byPowerOfTwo bits: Int) -> Int32 {
        if bits == 0 { return value }
        let half = Int64(1) << (bits - 1)
        let magnitude = (Int64(value.magnitude) + half) >> bits
        return Int32(value < 0 ? -magnitude : magnitude)
    }

    /// `value * 2^bits`, saturated.
    static func multiply(_ value: Int32, byPowerOfTwo bits: Int) -> Int32 {
        let limit = Int32.max >> bits
        return value > limit ? .max : value < -limit ? .min : value << bits
    }

    /// `exp(x)` for x of at most 0, with no integer bits in the result (1 is the largest number).
    static func exponential(_ x: Int32, integerBits: Int) -> Int32 {
        if x == 0 { return .max }
        let fractionBits = 31 - integerBits
        if integerBits > 5, x < -(1 << (36 - integerBits)) { return 0 }
        // x = part - remainder, part in [-1/4, 0), remainder a multiple of 1/4.
        let quarter = Int32(1) << (fractionBits - 2)
        let part = (x & (quarter - 1)) - quarter
        let remainder = part &- x
        var result = exponentialNearZero(multiply(part, byPowerOfTwo: integerBits))
        for (power, factor) in exponentials where integerBits > power && remainder & 1 << (fractionBits + power) != 0 {
            result = highProduct(result, factor)
        }
        return result
    }

    /// `exp(-2^power)` without integer bits.
    private static let exponentials: [(power: Int, factor: Int32)] = [
        (-2, 1_672_461_947), (-1, 1_302_514_674), (0, 790_015_084), (1, 290_630_308), (2, 39_332_535), (3, 720_401),
        (4, 242),
    ]

    /// `exp(x)` for x in [-1/4, 0): four terms of Taylor's series around -1/8.
    private static func exponentialNearZero(_ x: Int32) -> Int32 {
        let atMiddle: Int32 = 1_895_147_668  // exp(-1/8)
        let third: Int32 = 715_827_883
        let t = x + 1 << 28
        let square = highProduct(t, t)
        let cube = highProduct(square, t)
        let quarterOfFourth = divide(highProduct(square, square), byPowerOfTwo: 2)
        let higher = divide(highProduct(quarterOfFourth + cube, third) + square, byPowerOfTwo: 1)
        return atMiddle + highProduct(atMiddle, t + higher)
    }

    /// `1 / (1 + exp(-x))`, no integer bits in the result.
    static func logistic(_ x: Int32, integerBits: Int) -> Int32 {
        if x == 0 { return 1 << 30 }
        let inverse = inverseOfMean(exponential(x > 0 ? -x : x, integerBits: integerBits))
        // Half of the inverse of (1 + e) / 2.
        let positive = multiply(inverse, byPowerOfTwo: 1)
        return x > 0 ? positive : .max - positive
    }

    /// `tanh(x)`, no integer bits in the result.
    static func hyperbolicTangent(_ x: Int32, integerBits: Int) -> Int32 {
        if x == 0 { return 0 }
        // (1 - e) / (1 + e) = 1 / ((1 + e) / 2) - 1 for e = exp(-2 |x|); doubling x adds an integer bit.
        let e = exponential(x > 0 ? -x : x, integerBits: integerBits + 1)
        let magnitude = multiply(inverseOfMean(e) - 1 << 29, byPowerOfTwo: 2)
        return x > 0 ? magnitude : -magnitude
    }

    /// `1 / ((1 + a) / 2)` for a without integer bits in (0, 1), two integer bits in the result: Newton and Raphson's
    /// division in three steps from 48/17 - 32/17 d.
    private static func inverseOfMean(_ a: Int32) -> Int32 {
        let mean = Int32((Int64(a) + Int64(Int32.max) + 1) / 2)
        var x = 1_515_870_810 + highProduct(mean, -1_010_580_540)
        for _ in 0..<3 {
            let missing = 1 << 29 - highProduct(mean, x)
            x += multiply(highProduct(x, missing), byPowerOfTwo: 2)
        }
        return x
    }
}
