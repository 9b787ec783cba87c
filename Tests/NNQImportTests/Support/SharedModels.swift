// SPDX-License-Identifier: Apache-2.0
// Models made by others, which are not part of this repository, for tests that need them.

import Foundation

/// The folder of models in `NNQ_MODELS`, or `../shared/models` beside the package.
enum SharedModels {
    static let folder: URL = {
        if let path = ProcessInfo.processInfo.environment["NNQ_MODELS"] { return URL(filePath: path) }
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return tests.deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/models")
    }()

    static let arePresent = FileManager.default.fileExists(atPath: folder.path)
    static let absence = "the reference models are not at \(folder.path); NNQ_MODELS names their folder"

    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: path)))
    }

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
