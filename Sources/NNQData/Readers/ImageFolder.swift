// SPDX-License-Identifier: Apache-2.0
// Data sets that are folders of pictures, one folder for each class.

import Foundation

/// How a folder of pictures is to be read.
public struct ImageOptions: Sendable, Equatable {
    /// 1 grey, 3 RGB; nil: RGB if the first picture is in colour.
    public var channels: Int?
    /// Height and width to scale every picture to, by averaging areas; nil: all must have the same size.
    public var height: Int?
    public var width: Int?

    public init(channels: Int? = nil, height: Int? = nil, width: Int? = nil) {
        self.channels = channels
        self.height = height
        self.width = width
    }
}

/// Reads `folder/CLASS/*.png` (and .jpg, .jpeg), or `folder/train/CLASS/*` and `folder/test/CLASS/*`.
struct ImageFolder {
    let folder: String
    private let options: ImageOptions

    init(_ folder: String, options: ImageOptions = ImageOptions()) {
        self.folder = folder
        self.options = options
    }

    /// Whether `folder` looks like one: some folder in it holds pictures.
    static func recognises(_ folder: String) -> Bool {
        let roots = hasSplits(folder) ? [folder + "/train", folder + "/test"] : [folder]
        return roots.contains { root in
            subfolders(root).contains { !pictures("\(root)/\($0)").isEmpty }
        }
    }

    func dataset(name: String, split: Split, testShare: Double, seed: UInt64) throws(DataError) -> any Dataset {
        if Self.hasSplits(folder) {
            let classes = Set(Self.subfolders(folder + "/train") + Self.subfolders(folder + "/test")).sorted()
            return try read(name, root: "\(folder)/\(split.rawValue)", classes: classes)
        }
        let all = try read(name, root: folder, classes: Self.subfolders(folder))
        return try splitDataset(all, split, testShare: testShare, seed: seed)
    }

    private func read(_ name: String, root: String, classes: [String]) throws(DataError) -> ByteDataset {
        var pixels: [UInt8] = []
        var labels: [UInt16] = []
        var first: (picture: Picture, path: String)?
        let used = classes.filter { !Self.pictures("\(root)/\($0)").isEmpty }
        let names = root == folder ? used : classes
        for (label, className) in names.enumerated() {
            for file in Self.pictures("\(root)/\(className)") {
                let path = "\(root)/\(className)/\(file)"
                let picture = try ImageFile.read(
                    path, channels: options.channels ?? first?.picture.channels, height: options.height,
                    width: options.width)
                if let first { try check(picture, path, against: first) } else { first = (picture, path) }
                pixels += picture.pixels
                labels.append(UInt16(label))
            }
        }
        guard let picture = first?.picture else {
            throw DataError(
                "no PNG or JPEG pictures are there", path: root,
                remedy: "Put them into one folder for each class, such as \(root)/cat/1.png")
        }
        return try ByteDataset(
            name: name, shape: [picture.height, picture.width, picture.channels], classes: names, pixels: pixels,
            labels: labels)
    }

    private func check(
        _ picture: Picture, _ path: String, against first: (picture: Picture, path: String)
    ) throws(DataError) {
        guard picture.height == first.picture.height && picture.width == first.picture.width else {
            throw DataError(
                "the picture is \(picture.width)x\(picture.height), but \(first.path) is "
                    + "\(first.picture.width)x\(first.picture.height)", path: path,
                remedy: "Name a size to scale all pictures to, or make them equal")
        }
    }

    private static func hasSplits(_ folder: String) -> Bool {
        let inside = subfolders(folder)
        return inside.contains("train") && inside.contains("test")
    }

    /// Names of the visible folders in `folder`, sorted by their bytes so that labels are the same everywhere.
    private static func subfolders(_ folder: String) -> [String] {
        visible(folder).filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isFolder)
                && isFolder.boolValue
        }
    }

    private static func pictures(_ folder: String) -> [String] {
        visible(folder).filter { name in
            let lower = name.lowercased()
            return lower.hasSuffix(".png") || lower.hasSuffix(".jpg") || lower.hasSuffix(".jpeg")
        }
    }

    private static func visible(_ folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

extension ByteDataset {
    /// Reads pictures in one folder for each class.
    ///
    /// With `train` and `test` folders above the classes these are the parts; otherwise `testShare` of the pictures,
    /// chosen by `seed`, are the test part.
    public static func imageFolder(
        name: String, folder: String, split: Split, options: ImageOptions = ImageOptions(), testShare: Double = 0.2,
        seed: UInt64 = 1
    ) throws(DataError) -> any Dataset {
        try ImageFolder(folder, options: options)
            .dataset(name: name, split: split, testShare: testShare, seed: seed)
    }
}
