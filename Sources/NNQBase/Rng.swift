// SPDX-License-Identifier: Apache-2.0
// The one random generator of the toolkit: the same seed gives the same numbers on every machine.

/// PCG32 (O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number
/// Generation", 2014): 64 bits of state, 32-bit outputs, 2^63 streams.
public struct Rng: RandomNumberGenerator, Sendable {
    @usableFromInline var state: UInt64
    @usableFromInline let increment: UInt64

    /// - Parameter stream: generators with one seed and different streams are independent of each other.
    @inlinable
    public init(seed: UInt64, stream: UInt64 = 0) {
        increment = stream << 1 | 1
        state = 0
        _ = nextWord()
        state &+= seed
        _ = nextWord()
    }

    @inlinable
    public mutating func nextWord() -> UInt32 {
        let old = state
        state = old &* 6_364_136_223_846_793_005 &+ increment
        let mixed = UInt32(truncatingIfNeeded: (old >> 18 ^ old) >> 27)
        let turn = UInt32(truncatingIfNeeded: old >> 59)
        return mixed >> turn | mixed << (32 &- turn & 31)
    }

    @inlinable
    public mutating func next() -> UInt64 {
        let high = UInt64(nextWord())
        return high << 32 | UInt64(nextWord())
    }

    /// Uniform in `[0, 1)`, a multiple of 2^-24.
    @inlinable
    public mutating func uniform() -> Float { Float(nextWord() >> 8) * 0x1p-24 }

    /// Uniform in `[low, high)`.
    @inlinable
    public mutating func uniform(_ low: Float, _ high: Float) -> Float { low + (high - low) * uniform() }

    /// Uniform in `0..<bound`, without bias (Lemire, "Fast Random Integer Generation in an Interval", 2019).
    @inlinable
    public mutating func below(_ bound: Int) -> Int {
        let bound = UInt32(bound)
        var product = UInt64(nextWord()) * UInt64(bound)
        if UInt32(truncatingIfNeeded: product) < bound {
            let threshold = (0 &- bound) % bound
            while UInt32(truncatingIfNeeded: product) < threshold { product = UInt64(nextWord()) * UInt64(bound) }
        }
        return Int(product >> 32)
    }

    /// Fisher and Yates's shuffle.
    @inlinable
    public mutating func shuffle<Element>(_ values: inout [Element]) {
        for index in stride(from: values.count - 1, to: 0, by: -1) { values.swapAt(index, below(index + 1)) }
    }
}
