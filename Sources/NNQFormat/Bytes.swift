// SPDX-License-Identifier: Apache-2.0
// Little-endian numbers in byte arrays, and byte arrays at the alignment that the runtime asks for.

import CNNQ

extension Array where Element == UInt8 {
    mutating func append(littleEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    mutating func append(littleEndian values: [some FixedWidthInteger]) {
        reserveCapacity(count + values.count * 4)
        for value in values { append(littleEndian: value) }
    }

    mutating func pad(toMultipleOf alignment: Int) {
        while count % alignment != 0 { append(0) }
    }

    /// The number at byte `offset`.
    func number<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type = Number.self) -> Number {
        let size = Number.bitWidth / 8
        return Number(
            littleEndian: withUnsafeBytes { bytes in
                UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + size]).loadUnaligned(as: Number.self)
            })
    }

    /// `count` numbers from byte `offset` on.
    func numbers<Number: FixedWidthInteger>(
        at offset: Int, count: Int, as type: Number.Type = Number.self
    ) -> [Number] {
        (0..<count).map { number(at: offset + $0 * (Number.bitWidth / 8)) }
    }
}

/// Runs `body` on a copy of the bytes that starts at a multiple of `NNQ_ALIGNMENT`.
func withAlignedCopy<Result>(
    of bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Result
) rethrows -> Result {
    let copy = UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(bytes.count, 1), alignment: Int(NNQ_ALIGNMENT))
    defer { copy.deallocate() }
    copy.copyBytes(from: bytes)
    return try body(UnsafeRawBufferPointer(rebasing: copy.prefix(bytes.count)))
}
