// SPDX-License-Identifier: Apache-2.0
// From a name or a path to a data set.

import Foundation

extension DataCatalog {
    /// Loads `split` of a known set, of a set in the data folder (`iris`, `tabular/iris`, `speech`), or of a path.
    ///
    /// A set that is known but not there says how to fetch it; an unknown name, what is known and what is nearest.
    public func load(_ name: String, split: Split, options: LoadOptions = LoadOptions()) throws(DataError)
        -> any Dataset
    {
        if let count = options.count, count < 1 {
            throw DataError("\(count) samples were asked for", remedy: "Ask for at least one")
        }
        guard (0.0...1.0).contains(options.testShare) else {
            throw DataError("the test share is \(options.testShare)", remedy: "Give a number from 0 to 1")
        }
        if let set = KnownSet.named(name), set.origin == .generated { return try generate(name, split, options) }
        let dataset = try loadStored(name, split, options)
        guard let count = options.count, count < dataset.count else { return dataset }
        return try Subset(dataset, first: count)
    }

    private func generate(_ name: String, _ split: Split, _ options: LoadOptions) throws(DataError) -> any Dataset {
        let (seed, count) = (options.seed, options.count)
        switch name {
        case "digits":
            return try GeneratedDigits.make(split, count: count ?? (split == .train ? 60_000 : 10_000), seed: seed)
        case "shapes":
            return try GeneratedShapes.make(split, count: count ?? (split == .train ? 20_000 : 4_000), seed: seed)
        case "line": return try SmallSets.line(split, count: count ?? 256, seed: seed)
        case "sine": return try SmallSets.sine(split, count: count ?? 1000, seed: seed)
        case "xor": return try SmallSets.xor(split, count: count ?? 200, seed: seed)
        default: return try SmallSets.concert()
        }
    }

    private func loadStored(_ name: String, _ split: Split, _ options: LoadOptions) throws(DataError) -> any Dataset {
        if let set = KnownSet.named(name) { return try loadKnown(set, split, options) }
        let path = (name as NSString).expandingTildeInPath
        if FileManager.default.fileExists(atPath: path) || name.hasSuffix(".npy") || name.hasSuffix(".csv") {
            return try DataSource.load(path, name: title(of: path), split: split, options: options)
        }
        for candidate in ["\(root)/\(name)", "\(root)/\(name).csv"] + tables(called: name) {
            if FileManager.default.fileExists(atPath: candidate) {
                return try DataSource.load(candidate, name: title(of: candidate), split: split, options: options)
            }
        }
        throw unknown(name)
    }

    /// `name.csv` in a folder directly below the root.
    private func tables(called name: String) -> [String] {
        foundInRoot().map(\.name).filter { $0.hasSuffix("/\(name)") }.map { "\(root)/\($0).csv" }
    }

    /// `iris` for `/x/iris.csv`.
    private func title(of path: String) -> String {
        let last = ((path.split(separator: ",").first.map(String.init) ?? path) as NSString).lastPathComponent
        for ending in [".csv.gz", ".csv", ".npy"] where last.hasSuffix(ending) {
            return String(last.dropLast(ending.count))
        }
        return last
    }

    private func loadKnown(_ set: KnownSet, _ split: Split, _ options: LoadOptions) throws(DataError) -> any Dataset {
        let folder = folder(of: set.name)
        guard isPresent(set) else {
            throw DataError(
                "the data set \(set.name) is not there", path: folder,
                remedy: set.origin == .local
                    ? "Put \(set.files.joined(separator: " and ")) into that folder, or set NNQ_DATA"
                    : "Fetch it with 'nnq data fetch \(set.name)', or set NNQ_DATA to the folder that holds it")
        }
        switch set.name {
        case "cifar-10": return try CIFAR10.read(folder: folder, split: split)
        case "optdigits":
            let path = "\(folder)/\(split == .train ? "optdigits.tra" : "optdigits.tes")"
            return try FloatDataset.csv(name: set.name, path: path).reshaped(to: [8, 8, 1])
        default:
            return try ByteDataset.idxFolder(
                name: set.name, folder: folder, split: split, classes: classes(of: set.name))
        }
    }

    private func classes(of name: String) -> [String] {
        guard name == "fashion-mnist" else { return (0..<10).map(String.init) }
        return [
            "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
        ]
    }
}
