// SPDX-License-Identifier: Apache-2.0
// A part of a number of samples, and how well it is known.

/// An interval of confidence.
public struct Interval: Hashable, Codable, Sendable {
    public var low: Double
    public var high: Double

    public init(_ low: Double, _ high: Double) { (self.low, self.high) = (low, high) }

    public func contains(_ value: Double) -> Bool { (low...high).contains(value) }
}

/// `hits` of `count` samples.
public struct Proportion: Hashable, Codable, Sendable {
    public var hits: Int
    public var count: Int

    /// - Precondition: `0 <= hits <= count`, and `count` is at least 1.
    public init(_ hits: Int, of count: Int) {
        precondition(count > 0 && (0...count).contains(hits))
        (self.hits, self.count) = (hits, count)
    }

    /// 0 ... 1.
    public var value: Double { Double(hits) / Double(count) }

    /// The 97.5 % point of the normal distribution.
    static let z95 = 1.959963984540054

    /// The interval of 95 % confidence for the proportion that all samples of the kind would give (Wilson, "Probable
    /// Inference, the Law of Succession, and Statistical Inference", 1927).
    public var interval: Interval {
        let (n, p, z) = (Double(count), value, Self.z95)
        let centre = p + z * z / (2 * n)
        let spread = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
        let scale = 1 + z * z / n
        // None and all of the samples reach the ends exactly.
        return Interval(
            hits == 0 ? 0 : max(0, (centre - spread) / scale), hits == count ? 1 : min(1, (centre + spread) / scale))
    }
}
