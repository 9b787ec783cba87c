// SPDX-License-Identifier: Apache-2.0
// Where other people's models are, for tests that need them.

import Foundation

/// The folder of models in `NNQ_MODELS`, or `../shared/models` beside the package.
enum SharedModels {
    static let folder: URL = {
        if let path = ProcessInfo.processInfo.environment["NNQ_MODELS"] { return URL(filePath: path) }
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return package.deletingLastPathComponent().appending(path: "shared/models")
    }()

    /// An archive's contents in a new folder, which the caller removes.
    static func unpacked(_ archive: URL) throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "nnq-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let tar = Process()
        tar.executableURL = URL(filePath: "/usr/bin/env")
        tar.arguments = ["tar", "-xJf", archive.path, "-C", folder.path]
        try tar.run()
        tar.waitUntilExit()
        struct UnpackingFailed: Error {}
        guard tar.terminationStatus == 0 else { throw UnpackingFailed() }
        return folder
    }
}
