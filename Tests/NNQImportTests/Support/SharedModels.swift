// SPDX-License-Identifier: Apache-2.0
// Models made by others, which are not part of this repository.

import Foundation

/// The folder of reference models: `$NNQ_MODELS`, or `shared/models` beside the package.
enum SharedModels {
    static let folder: String =
        ProcessInfo.processInfo.environment["NNQ_MODELS"]
        ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("shared/models").path

    static let arePresent = FileManager.default.fileExists(atPath: folder)
    static let absence = "the reference models are not at \(folder); NNQ_MODELS names their folder"

    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder).appendingPathComponent(path)))
    }
}
