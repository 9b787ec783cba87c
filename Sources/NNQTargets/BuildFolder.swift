// SPDX-License-Identifier: Apache-2.0
// A temporary folder with the text of the runtime and the boards.

import Foundation

/// A folder that goes away with the last reference to it.
package final class BuildFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "nnq-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes the embedded files whose path begins like this, at their paths.
    package func writeEmbedded(under prefix: String) throws {
        for (name, text) in embeddedText where name.hasPrefix(prefix) { try write(text, to: name) }
    }

    package func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

    func write(_ bytes: [UInt8], to name: String) throws {
        let file = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }

    func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")), as: UTF8.self)
    }
}
