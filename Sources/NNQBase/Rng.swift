// SPDX-License-Identifier: Apache-2.0
// Random numbers that are the same on every machine: SplitMix64, with no function of the C library behind them.

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
///
/// Equal seeds and streams give equal numbers on every machine. Not for cryptography.
public struct Rng: RandomNumberGenerator, Sendable {
    @usableFromInline var state: UInt64

    @inlinable
    public init(seed: UInt64) { state = seed }

    /// A generator for one of many independent streams of `seed`: (seed, epoch, sample) and the like.
    @inlinable
    public init(seed: UInt64, stream: UInt64, _ substream: UInt64 = 0) {
        state = Rng.mix(Rng.mix(seed &+ 0x9E37_79B9_7F4A_7C15) ^ stream)
        state = Rng.mix(state &+ substream &* 0xD1B5_4A32_D192_ED03)
    }

    /// The finalizer: a bijection of 64 bits in which every input bit reaches every output bit.
    @inlinable
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    @inlinable
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Rng.mix(state)
    }

    /// Uniform in [0, 1), 24 bits.
    @inlinable
    public mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// Uniform in [low, high).
    @inlinable
    public mutating func uniform(_ low: Float, _ high: Float) -> Float { low + (high - low) * uniform() }

    /// Uniform in 0..<bound, without bias (Lemire, "Fast random integer generation in an interval", 2019).
    @inlinable
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0)
        let range = UInt64(bound)
        var product = next().multipliedFullWidth(by: range)
        if product.low < range {
            let threshold = (0 &- range) % range
            while product.low < threshold { product = next().multipliedFullWidth(by: range) }
        }
        return Int(product.high)
    }

    /// True with probability `probability`.
    @inlinable
    public mutating func chance(_ probability: Float) -> Bool { uniform() < probability }

    /// Normal with mean 0 and standard deviation 1 (Marsaglia's polar method).
    @inlinable
    public mutating func normal() -> Float {
        while true {
            let u = Double(next() >> 11) * 0x1p-52 - 1
            let v = Double(next() >> 11) * 0x1p-52 - 1
            let s = u * u + v * v
            if s < 1 && s > 0 { return Float(u * (-2 * PortableMath.log(s) / s).squareRoot()) }
        }
    }

    /// Shuffles in place (Fisher and Yates, as Durstenfeld writes it).
    @inlinable
    public mutating func shuffle<Element>(_ array: inout [Element]) {
        guard array.count > 1 else { return }
        for i in stride(from: array.count - 1, to: 0, by: -1) { array.swapAt(i, below(i + 1)) }
    }
}
