// SPDX-License-Identifier: Apache-2.0
// nnq data: what data sets are known and where they are.

import ArgumentParser
import NNQData

struct DataVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "List data sets, fetch them, look at samples.",
        discussion: "Example: nnq data fetch mnist",
        subcommands: [DataList.self, DataFetch.self, DataSample.self], defaultSubcommand: DataList.self)
}

struct DataList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "What is known, what is there, where it looks.",
        discussion: "Example: nnq data list --json")

    @OptionGroup var folder: DataFolderOption
    @OptionGroup var json: JSONOption

    private struct Result: Encodable {
        struct Entry: Encodable {
            let name: String
            let summary: String
            let present: Bool
            let generated: Bool
            let fetchable: Bool
        }
        let folder: String
        let sets: [Entry]
    }

    func run() throws {
        let catalog = folder.catalog
        let sets = catalog.listing()
        guard !json.isOn else {
            return try Console.emit(
                Result(
                    folder: catalog.root,
                    sets: sets.map {
                        .init(
                            name: $0.name, summary: $0.summary, present: $0.isPresent, generated: $0.isGenerated,
                            fetchable: $0.canBeFetched)
                    }))
        }
        var table = Table(["set", "state", "what"])
        for set in sets { table.add([set.name, state(set), set.summary]) }
        table.lines.forEach(Console.print)
        Console.print("")
        Console.print("Folder: \(catalog.root) (change it with NNQ_DATA or --data-folder)")
    }

    private func state(_ set: DataCatalog.Listing) -> String {
        if set.isGenerated { return "made here" }
        if set.isPresent { return "present" }
        return set.canBeFetched ? "nnq data fetch" : "absent"
    }
}
