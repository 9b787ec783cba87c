// SPDX-License-Identifier: Apache-2.0
// The data folder: what is known, what is there, and fetching what is not.

import Foundation

/// Data sets by name, in a folder of the user's.
public struct DataCatalog: Sendable {
    /// The data folder; it need not exist.
    public let root: String
    /// Address to fetch from instead of each set's own, with the set's name and a slash put behind it.
    public let mirror: String?

    /// Uses `root`, else the environment's NNQ_DATA, else `nnq/data` in XDG_CACHE_HOME or ~/.cache; the mirror is the
    /// environment's NNQ_DATA_MIRROR unless `mirror` is given.
    public init(
        root: String? = nil, mirror: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        func setting(_ key: String) -> String? { environment[key].flatMap { $0.isEmpty ? nil : $0 } }
        let cache = setting("XDG_CACHE_HOME") ?? (setting("HOME") ?? NSHomeDirectory()) + "/.cache"
        self.root = ((root ?? setting("NNQ_DATA") ?? cache + "/nnq/data") as NSString).expandingTildeInPath
        self.mirror = mirror ?? setting("NNQ_DATA_MIRROR")
    }

    /// What is known of a set and of its files.
    public struct Listing: Sendable, Equatable {
        public let name: String
        public let summary: String
        /// Needs no file, or its files are in the data folder.
        public let isPresent: Bool
        public let isGenerated: Bool
        public let canBeFetched: Bool
    }

    /// All known sets, then what else lies in the data folder and can be loaded by name.
    public func listing() -> [Listing] {
        let known = KnownSet.all.map { set in
            var fetched = false
            if case .download = set.origin { fetched = true }
            return Listing(
                name: set.name, summary: set.summary, isPresent: isPresent(set), isGenerated: set.origin == .generated,
                canBeFetched: fetched)
        }
        let found = foundInRoot().map { name, kind in
            Listing(name: name, summary: kind, isPresent: true, isGenerated: false, canBeFetched: false)
        }
        return known + found
    }

    /// The folder of a set.
    public func folder(of name: String) -> String { "\(root)/\(name)" }

    func isPresent(_ set: KnownSet) -> Bool {
        set.files.allSatisfy { FileManager.default.fileExists(atPath: "\(folder(of: set.name))/\($0)") }
    }

    /// Fetches the set `name` from its own address, from `mirror`, or from `base` (an address; the file names are put
    /// behind it). What is there and has the right SHA-256 is kept; what broke off is continued.
    public func fetch(
        _ name: String, from base: String? = nil, with downloader: Downloader = Downloader(),
        progress: @escaping @Sendable (Downloader.Progress) -> Void = { _ in }
    ) throws(DataError) {
        guard let set = KnownSet.named(name) else {
            let isThere = foundInRoot().contains { $0.name == name || $0.name.hasSuffix("/\(name)") }
            guard isThere else { throw unknown(name) }
            throw DataError("\(name) is in \(root) already and has no address to fetch it from")
        }
        guard case .download(let ownBase, let files) = set.origin else {
            throw DataError(
                set.origin == .generated
                    ? "\(name) is made here and needs no fetching"
                    : "\(name) has no address to fetch it from",
                remedy: set.origin == .generated ? "Use it right away" : "Put its files into \(folder(of: name))")
        }
        var address = base ?? mirror.map { ($0.hasSuffix("/") ? $0 : $0 + "/") + name } ?? ownBase
        if !address.hasSuffix("/") { address += "/" }
        for file in files { try fetch(file, address, folder(of: name), downloader, progress) }
    }

    private func fetch(
        _ file: RemoteFile, _ address: String, _ folder: String, _ downloader: Downloader,
        _ progress: @escaping @Sendable (Downloader.Progress) -> Void
    ) throws(DataError) {
        if !file.members.isEmpty, try hasAll(file.members, folder) { return }
        let path = "\(folder)/\(file.name)"
        try downloader.fetch(address + file.name, to: path, sha256: file.sha256, progress: progress)
        guard !file.members.isEmpty else { return }
        try Tar.extract(path, names: Set(file.members.map(\.name)), to: folder)
        guard try hasAll(file.members, folder) else {
            throw DataError("a file of the archive has a wrong SHA-256", path: path, remedy: "Fetch it again")
        }
        unlink(path)
    }

    private func hasAll(_ members: [RemoteFile.Member], _ folder: String) throws(DataError) -> Bool {
        for member in members {
            let path = "\(folder)/\(member.name)"
            guard FileManager.default.fileExists(atPath: path) else { return false }
            guard try SHA256.hexDigest(file: path) == member.sha256 else { return false }
        }
        return true
    }

    /// Names of folders and tables below the root that are not among the known sets.
    func foundInRoot() -> [(name: String, kind: String)] {
        let files = FileManager.default
        func inside(_ folder: String) -> [String] {
            ((try? files.contentsOfDirectory(atPath: folder)) ?? []).filter { !$0.hasPrefix(".") }.sorted()
        }
        let known = Set(KnownSet.all.map(\.name))
        var found: [(String, String)] = []
        for entry in inside(root) where !known.contains(entry) {
            let path = "\(root)/\(entry)"
            let tables = inside(path).filter { $0.hasSuffix(".csv") }
            if entry.hasSuffix(".csv") {
                found.append((String(entry.dropLast(4)), "table"))
            } else if DataSource.recognises(path) {
                found.append((entry, "folder"))
            } else {
                found += tables.map { ("\(entry)/\($0.dropLast(4))", "table") }
            }
        }
        return found
    }

    func unknown(_ name: String) -> DataError {
        let names = KnownSet.all.map(\.name)
        let others = foundInRoot().flatMap { entry in [entry.name, (entry.name as NSString).lastPathComponent] }
        var remedy = "Known are \(names.joined(separator: ", "))"
        if !others.isEmpty { remedy += ", and what is in \(root)" }
        if let nearest = Spelling.nearest(to: name, in: names + others) {
            remedy = "Did you mean \(nearest)? " + remedy
        }
        return DataError(
            "there is no data set and no file called '\(name)'",
            remedy: remedy + "; a path to a .csv file, two .npy files or a folder works too")
    }
}
