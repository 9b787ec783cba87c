// SPDX-License-Identifier: Apache-2.0
// log, sin and cos from IEEE operations alone: libm's last bit differs between machines, these do not.

/// Functions that give the same bits everywhere; errors stay below 1e-15 (relative for log, absolute for sin and cos).
public enum PortableMath {
    /// Natural logarithm of a positive, normal number.
    ///
    /// x = m * 2^e with m in [sqrt(1/2), sqrt(2)); log m = 2 atanh(t), t = (m - 1) / (m + 1), |t| < 0.172.
    public static func log(_ x: Double) -> Double {
        precondition(x > 0 && x.isNormal)
        var mantissa = x.significand
        var exponent = Double(x.exponent)
        if mantissa > 1.4142135623730951 {
            mantissa *= 0.5
            exponent += 1
        }
        let t = (mantissa - 1) / (mantissa + 1)
        let square = t * t
        var sum = 0.0
        for k in stride(from: 21.0, through: 1.0, by: -2.0) { sum = sum * square + 1 / k }
        return 2 * t * sum + exponent * 0.6931471805599453
    }

    /// Sine of an angle in radians, |x| up to about 1e5.
    public static func sin(_ x: Double) -> Double { sinCos(x).sin }

    /// Cosine of an angle in radians, |x| up to about 1e5.
    public static func cos(_ x: Double) -> Double { sinCos(x).cos }

    /// Sine and cosine: reduced to [-pi/4, pi/4] in two parts of pi/2 (Cody and Waite), then the Taylor series.
    public static func sinCos(_ x: Double) -> (sin: Double, cos: Double) {
        let quarter = (x * 0.6366197723675814).rounded()
        let r = (x - quarter * 1.5707963267341256) - quarter * 6.077100506506192e-11
        let square = r * r
        var s = 1.0
        for k in stride(from: 16.0, through: 2.0, by: -2.0) { s = 1 - square / (k * (k + 1)) * s }
        var c = 1.0
        for k in stride(from: 17.0, through: 1.0, by: -2.0) { c = 1 - square / (k * (k + 1)) * c }
        switch Int(quarter) & 3 {
        case 0: return (s * r, c)
        case 1: return (c, -(s * r))
        case 2: return (-(s * r), -c)
        default: return (-c, s * r)
        }
    }
}
