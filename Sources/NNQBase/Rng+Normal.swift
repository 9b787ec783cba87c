// SPDX-License-Identifier: Apache-2.0
// Normally distributed numbers from arithmetic alone, so that every machine gives the same bits.

extension Rng {
    /// Normal with mean 0 and variance 1: Marsaglia's polar method in double precision, with a logarithm of our own.
    public mutating func normal() -> Float {
        while true {
            let x = 2 * Double(uniform()) - 1
            let y = 2 * Double(uniform()) - 1
            let radius = x * x + y * y
            if radius > 0, radius < 1 { return Float(x * (-2 * Self.logarithm(radius) / radius).squareRoot()) }
        }
    }

    /// `ln x` for a positive normal `x`, to some 1e-15: exponent times ln 2, plus the artanh series of the significand.
    static func logarithm(_ x: Double) -> Double {
        var exponent = Double(x.exponent)
        var significand = x.significand
        if significand > 1.4142135623730951 {
            significand *= 0.5
            exponent += 1
        }
        let ratio = (significand - 1) / (significand + 1)
        let square = ratio * ratio
        var sum = 0.0
        for term in stride(from: 21.0, through: 1.0, by: -2.0) { sum = sum * square + 1 / term }
        return exponent * 0.6931471805599453 + 2 * ratio * sum
    }
}
