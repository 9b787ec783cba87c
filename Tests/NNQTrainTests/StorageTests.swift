// SPDX-License-Identifier: Apache-2.0
// What lies in memory keeps its memory.

import NNQTrain
import Testing

@Suite struct StorageTests {
    /// A parameter is read through a temporary tensor whose block nobody else holds: were it freed while it is read, a
    /// stopped run's checkpoint would crash now and then.
    @Test func keepsTheBlockThatItLiesIn() throws {
        weak var seen: Block?
        var storage: Storage? = Storage(byteCount: 256)
        do {
            let block = Block(byteCount: 256)
            seen = block
            try storage!.place(in: block)
        }
        #expect(seen != nil)
        withExtendedLifetime(storage) {}
        storage = nil
        #expect(seen == nil)
    }
}
