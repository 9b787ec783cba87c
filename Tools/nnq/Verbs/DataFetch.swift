// SPDX-License-Identifier: Apache-2.0
// nnq data fetch: downloads a set from its own address and checks it.

import ArgumentParser
import Foundation
import NNQData
import Synchronization

struct DataFetch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Download a data set; checked by SHA-256, continued after a break.",
        discussion: "Example: nnq data fetch mnist")

    @Argument(help: "The set: mnist, fashion-mnist, cifar-10.") var name: String
    @Option(help: "Fetch from this address instead: its files' names are put behind it.") var from: String?
    @OptionGroup var folder: DataFolderOption
    @OptionGroup var json: JSONOption

    private struct Result: Encodable {
        let name: String
        let folder: String
    }

    func run() throws {
        let catalog = folder.catalog
        let meter = DownloadMeter()
        try catalog.fetch(name, from: from) { meter.update($0) }
        meter.finish()
        let path = catalog.folder(of: name)
        if json.isOn {
            try Console.emit(Result(name: name, folder: path))
        } else {
            Console.print("\(name) is in \(path)")
        }
    }
}

/// Shows a download's progress; its callbacks come from the network's thread.
private final class DownloadMeter: Sendable {
    private struct State {
        var file = ""
        var progress: Progress?
    }
    private let state = Mutex(State())

    func update(_ download: Downloader.Progress) {
        state.withLock { state in
            if state.file != download.file {
                state.progress?.finish()
                state.file = download.file
                state.progress = Progress(
                    (download.file as NSString).lastPathComponent, total: download.total ?? 0, unit: "bytes")
            }
            state.progress?.update(min(download.received, download.total ?? download.received))
        }
    }

    func finish() { state.withLock { $0.progress?.finish() } }
}
