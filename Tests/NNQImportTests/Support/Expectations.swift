// SPDX-License-Identifier: Apache-2.0
// What tests say of errors.

import NNQImport
import Testing

/// Expects an error with these words.
func expectError(_ bytes: [UInt8], _ words: String, sourceLocation: SourceLocation = #_sourceLocation) {
    do {
        _ = try TFLiteImporter.read(bytes: bytes)
        Issue.record("accepted, instead of: \(words)", sourceLocation: sourceLocation)
    } catch {
        let sentence = (error as? ImportError)?.description ?? "another error: \(error)"
        #expect(sentence.contains(words), sourceLocation: sourceLocation)
    }
}
