// SPDX-License-Identifier: Apache-2.0
// Damaged models are imported or refused in a sentence; nothing else happens.

import NNQImport
import Testing

@Suite struct ONNXDamageTests {
    @Test(arguments: [("small_cnn", 10), ("mobilenet_v2_block", 5), ("qdq_int8", 10), ("qlinear_uint8", 10)])
    func damageIsRefused(name: String, outputCount: Int) throws {
        let seed = UInt64.random(in: 0..<1 << 32)
        print("\(name) is damaged with seed \(seed)")
        let bytes = try StoredModel(name, outputCount: outputCount).bytes
        var mutator = ONNXMutator(seed: seed)
        var refused = 0
        for _ in 0..<300 {
            do { _ = try ONNXImporter.read(bytes: mutator.damaged(bytes)) } catch let error as ImportError {
                refused += 1
                #expect(!error.description.contains("\n"))
            }
        }
        #expect(refused > 100, "seed \(seed): \(refused) of 300 were refused")
    }
}
