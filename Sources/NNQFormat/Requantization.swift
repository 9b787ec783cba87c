// SPDX-License-Identifier: Apache-2.0
// How accumulators become outputs, and the two forms in which a file holds that.

/// How an accumulator becomes an output, for each output channel (SPEC.md, section 4).
public struct Requantization: Hashable, Sendable {
    public var bias: [Int32]
    public var multiplier: [Int32]
    public var shift: [UInt8]

    /// - Precondition: the three have one element a channel.
    public init(bias: [Int32], multiplier: [Int32], shift: [UInt8]) {
        precondition(bias.count == multiplier.count && bias.count == shift.count)
        self.bias = bias
        self.multiplier = multiplier
        self.shift = shift
    }
}

extension Requantization {
    /// The field `shift` of an op with this block: the least shift where records can be packed, 0 where they are wide
    /// (SPEC.md, section 4).
    public var baseShift: Int32 {
        guard let least = shift.min(), let most = shift.max(), most - least <= 3, least >= 1,
            multiplier.allSatisfy({ $0 >= 1 << 30 })
        else { return 0 }
        return Int32(least)
    }

    /// Bytes of the block in a file.
    public var byteCount: Int { bias.count * (baseShift > 0 ? 8 : 9) }

    /// The block as it lies in the data section.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: bias)
        let base = baseShift
        guard base > 0 else {
            bytes.append(littleEndian: multiplier)
            return bytes + shift
        }
        for (multiplier, shift) in zip(multiplier, shift) {
            bytes.append(littleEndian: UInt32(multiplier) & 0x3FFF_FFFF | UInt32(Int32(shift) - base) << 30)
        }
        return bytes
    }

    /// Reads a block of that many channels whose op has this field `shift`.
    init(_ bytes: [UInt8], at start: Int, channels: Int, baseShift: Int32) {
        let bias: [Int32] = bytes.numbers(at: start, count: channels)
        guard baseShift > 0 else {
            self.init(
                bias: bias, multiplier: bytes.numbers(at: start + 4 * channels, count: channels),
                shift: bytes.numbers(at: start + 8 * channels, count: channels))
            return
        }
        let records: [UInt32] = bytes.numbers(at: start + 4 * channels, count: channels)
        self.init(
            bias: bias, multiplier: records.map { Int32($0 & 0x3FFF_FFFF | 0x4000_0000) },
            shift: records.map { UInt8(UInt32(baseShift) + $0 >> 30) })
    }
}
