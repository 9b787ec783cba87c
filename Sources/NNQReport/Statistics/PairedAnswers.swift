// SPDX-License-Identifier: Apache-2.0
// Two classifiers on the same samples: who is right where, and whether the difference is more than chance.

import Foundation

/// How often both, one or none of two classifiers is right.
public struct PairedAnswers: Hashable, Codable, Sendable {
    public var bothRight: Int
    public var onlyFloat: Int
    public var onlyInt8: Int
    public var bothWrong: Int

    enum CodingKeys: String, CodingKey {
        case bothRight = "both_right"
        case onlyFloat = "only_float"
        case onlyInt8 = "only_int8"
        case bothWrong = "both_wrong"
    }

    public init(bothRight: Int = 0, onlyFloat: Int = 0, onlyInt8: Int = 0, bothWrong: Int = 0) {
        (self.bothRight, self.onlyFloat, self.onlyInt8, self.bothWrong) = (bothRight, onlyFloat, onlyInt8, bothWrong)
    }

    mutating func add(float: Bool, int8: Bool) {
        switch (float, int8) {
        case (true, true): bothRight += 1
        case (true, false): onlyFloat += 1
        case (false, true): onlyInt8 += 1
        case (false, false): bothWrong += 1
        }
    }

    public var count: Int { bothRight + onlyFloat + onlyInt8 + bothWrong }
    public var float: Proportion { Proportion(bothRight + onlyFloat, of: count) }
    public var int8: Proportion { Proportion(bothRight + onlyInt8, of: count) }

    /// Accuracy of int8 less that of float; below 0 where int8 loses.
    public var difference: Double { Double(onlyInt8 - onlyFloat) / Double(count) }

    /// The interval of 95 % confidence of the difference: method 10 of Newcombe, "Improved confidence intervals for the
    /// difference between binomial proportions based on paired data", 1998, made of the two Wilson intervals and of
    /// how the answers correlate.
    public var differenceInterval: Interval {
        let (a, b) = (int8, float)
        let (ia, ib) = (a.interval, b.interval)
        let (da, ua) = (a.value - ia.low, ia.high - a.value)
        let (db, ub) = (b.value - ib.low, ib.high - b.value)
        let phi = correlation
        let low = (da * da - 2 * phi * da * ub + ub * ub).squareRoot()
        let high = (ua * ua - 2 * phi * ua * db + db * db).squareRoot()
        return Interval(difference - low, difference + high)
    }

    /// Newcombe's phi, with a correction for continuity where it is above 0.
    private var correlation: Double {
        let (e, f, g, h) = (Double(bothRight), Double(onlyFloat), Double(onlyInt8), Double(bothWrong))
        let product = (e + f) * (g + h) * (e + g) * (f + h)
        guard product > 0 else { return 0 }
        let moment = e * h - f * g
        return (moment > 0 ? max(moment - Double(count) / 2, 0) : moment) / product.squareRoot()
    }

    /// Where fewer samples than this tell the two apart, the test is exact.
    static let exactBelow = 100

    /// The probability that two classifiers of equal accuracy would differ this much or more (McNemar, "Note on the
    /// sampling error of the difference between correlated proportions or percentages", 1947): by the binomial
    /// distribution where under 100 samples tell them apart, else by chi-squared with Edwards' correction for
    /// continuity.
    public var mcNemar: Double {
        let discordant = onlyFloat + onlyInt8
        guard discordant > 0 else { return 1 }
        guard discordant >= Self.exactBelow else { return Self.exact(min(onlyFloat, onlyInt8), of: discordant) }
        let gap = max(0, Double(abs(onlyFloat - onlyInt8)) - 1)
        return erfc((gap * gap / Double(discordant) / 2).squareRoot())
    }

    /// Twice the chance of at most `few` heads in `count` throws of a coin.
    private static func exact(_ few: Int, of count: Int) -> Double {
        let all = lgamma(Double(count) + 1) - Double(count) * log(2.0)
        var sum = 0.0
        for heads in 0...few {
            let ways: Double = all - lgamma(Double(heads) + 1) - lgamma(Double(count - heads) + 1)
            sum += exp(ways)
        }
        return min(1, 2 * sum)
    }
}
