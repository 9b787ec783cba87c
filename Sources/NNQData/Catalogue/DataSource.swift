// SPDX-License-Identifier: Apache-2.0
// Recognises what a path holds, and reads it: IDX, CIFAR-10, NPY, CSV, pictures.

import Foundation

/// How a set is to be loaded; what does not concern it is ignored.
public struct LoadOptions: Sendable, Equatable {
    /// Samples to make (generated sets), or to use at most, from the first on; nil: the set's own number.
    public var count: Int?
    /// Decides what is generated, and how sets without a test part of their own are split.
    public var seed: UInt64
    /// Share of the samples that become the test part where the set has none.
    public var testShare: Double
    public var csv: CSVOptions
    public var images: ImageOptions

    public init(
        count: Int? = nil, seed: UInt64 = 1, testShare: Double = 0.2, csv: CSVOptions = CSVOptions(),
        images: ImageOptions = ImageOptions()
    ) {
        self.count = count
        self.seed = seed
        self.testShare = testShare
        self.csv = csv
        self.images = images
    }
}

/// A file, a pair of files or a folder that holds a data set.
enum DataSource {
    /// Whether a folder holds something that `load` reads.
    static func recognises(_ folder: String) -> Bool {
        ByteDataset.isIDXFolder(folder) || holdsCIFAR(folder) || holdsNPY(folder) || ImageFolder.recognises(folder)
    }

    /// Reads `path`: a folder, a .csv file, or `samples.npy,targets.npy`.
    static func load(_ path: String, name: String, split: Split, options: LoadOptions) throws(DataError) -> any Dataset
    {
        let parts = path.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        if parts.count == 2, parts.allSatisfy({ $0.hasSuffix(".npy") }) {
            let all = try NPYArray.dataset(name: name, samples: parts[0], targets: parts[1])
            return try splitDataset(all, split, testShare: options.testShare, seed: options.seed)
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw DataError("there is no such file or folder", path: path, remedy: "Check the spelling of the path")
        }
        if isFolder.boolValue { return try folder(path, name, split, options) }
        if path.hasSuffix(".csv") || path.hasSuffix(".csv.gz") {
            let all = try FloatDataset.csv(name: name, path: path, options: options.csv)
            return try splitDataset(all, split, testShare: options.testShare, seed: options.seed)
        }
        let wanted =
            path.hasSuffix(".npy")
            ? "Name two arrays, samples and targets: x.npy,y.npy" : "Give a .csv file, two .npy files or a folder"
        throw DataError("this file alone is not a data set that can be read", path: path, remedy: wanted)
    }

    private static func folder(_ path: String, _ name: String, _ split: Split, _ options: LoadOptions)
        throws(DataError) -> any Dataset
    {
        if ByteDataset.isIDXFolder(path) { return try ByteDataset.idxFolder(name: name, folder: path, split: split) }
        if holdsCIFAR(path) { return try CIFAR10.read(folder: path, split: split) }
        if holdsNPY(path) {
            return try NPYArray.dataset(
                name: name, samples: "\(path)/x_\(split.rawValue).npy", targets: "\(path)/y_\(split.rawValue).npy")
        }
        if ImageFolder.recognises(path) {
            return try ByteDataset.imageFolder(
                name: name, folder: path, split: split, options: options.images, testShare: options.testShare,
                seed: options.seed)
        }
        throw DataError(
            "nothing in this folder can be read as a data set", path: path,
            remedy: "It may hold IDX files in MNIST's naming, CIFAR-10's .bin batches, x_train.npy, y_train.npy, "
                + "x_test.npy and y_test.npy, or one folder of PNG or JPEG pictures for each class")
    }

    private static func holdsCIFAR(_ folder: String) -> Bool {
        exists("\(folder)/data_batch_1.bin") || exists("\(folder)/test_batch.bin")
    }

    private static func holdsNPY(_ folder: String) -> Bool {
        exists("\(folder)/x_train.npy") || exists("\(folder)/x_test.npy")
    }

    private static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
