// SPDX-License-Identifier: Apache-2.0
// The runtime's text in the executable is the tree's.

import Foundation
import NNQTargets
import Testing

@Suite struct RuntimeTextTests {
    @Test func isTheTrees() throws {
        let runtime = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("CRuntime")
        var found: [String: String] = [:]
        for folder in ["include/nnq", "src"] {
            let names = FileManager.default.enumerator(atPath: runtime.appendingPathComponent(folder).path)
            while let name = names?.nextObject() as? String {
                let isText = name.hasSuffix(".c") || name.hasSuffix(".h") || name.hasSuffix(".def")
                let path = "\(folder)/\(name)"
                if isText { found[path] = try String(contentsOf: runtime.appendingPathComponent(path), encoding: .utf8) }
            }
        }
        #expect(found.count > 50)
        #expect(Set(found.keys) == Set(RuntimeText.files.keys))
        let stale = found.filter { RuntimeText.files[$0.key] != $0.value }.keys.sorted()
        #expect(stale == [], "build again")
    }
}
