// SPDX-License-Identifier: Apache-2.0
// A build-tool plugin: the text of the C runtime and of a target's own C files as Swift strings, so that the tool can
// write them out on machines that have only its executable. It runs in every build, so that the text is the tree's.

import Foundation
import PackagePlugin

@main
struct EmbedText: BuildToolPlugin {
    private static let kinds: Set = ["c", "h", "def", "ld", "txt"]

    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let package = context.package.directoryURL
        let folders = ["CRuntime/include", "CRuntime/src"].map { package.appending(path: $0) } + [target.directoryURL]
        let files = folders.flatMap(Self.files)
        let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedText.swift")
        return [
            .buildCommand(
                displayName: "Embedding the text of C files", executable: try context.tool(named: "embed-text").url,
                arguments: [output.path, target.directoryURL.path, package.path] + files.map(\.path),
                inputFiles: files, outputFiles: [output])
        ]
    }

    /// The files under a folder that are embedded, sorted.
    private static func files(in folder: URL) -> [URL] {
        let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects as? [URL]
        return (found ?? []).filter { kinds.contains($0.pathExtension) }.sorted { $0.path < $1.path }
    }
}

extension Target {
    fileprivate var directoryURL: URL { (self as! any SourceModuleTarget).directoryURL }
}
