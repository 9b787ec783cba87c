// SPDX-License-Identifier: Apache-2.0
// Options that several verbs share.

import ArgumentParser
import NNQBase
import NNQData

struct JSONOption: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print one JSON object on stdout; words for people go to stderr.")
    var isOn = false
}

struct DataFolderOption: ParsableArguments {
    @Option(
        name: .customLong("data-folder"),
        help: "Where data sets are. (default: NNQ_DATA, or nnq/data in the user's cache folder)")
    var path: String?

    var catalog: DataCatalog { DataCatalog(root: path) }
}

/// A data set and how much of it.
struct DataOptions: ParsableArguments {
    @OptionGroup var folder: DataFolderOption

    @Option(help: "Use at most so many samples; of a set that nnq makes, make so many.")
    var samples: Int?

    @Option(help: "The column to predict, of a .csv file: its name or its number from 1. (default: the last)")
    var column: String?

    func validate() throws {
        if let samples, samples < 1 { throw ValidationError("--samples is \(samples); at least 1 is needed") }
    }

    /// - Parameter generating: how many samples to make, of a set that nnq makes, where the person does not say.
    func load(_ name: String, _ split: Split, generating: Int? = nil) throws -> any Dataset {
        var options = LoadOptions()
        let isGenerated = KnownSet.all.contains { $0.name == name && $0.origin == .generated }
        options.count = samples ?? (isGenerated ? generating : nil)
        options.csv.target = column
        return try folder.catalog.load(name, split: split, options: options)
    }
}

struct ThreadsOption: ParsableArguments {
    @Option(help: "Threads to use. (default: one for each processor)")
    var threads = 0

    func validate() throws {
        guard (0...1024).contains(threads) else {
            throw ValidationError("--threads is \(threads); 1 to 1024 are possible")
        }
    }
}

/// Refuses a destination before hours of work, rather than after.
func requireWritable(_ path: String) throws { try WholeFile.probe(path) }
