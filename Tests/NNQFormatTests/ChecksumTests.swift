// SPDX-License-Identifier: Apache-2.0
// The checksum against its published check value.

import NNQFormat
import Testing

@Suite struct ChecksumTests {
    @Test func checkValue() {
        let bytes = [UInt8]("123456789".utf8)
        #expect(CRC32.checksum(bytes[...]) == 0xCBF4_3926)
        #expect(CRC32.checksum(bytes[0..<0]) == 0)
    }
}
