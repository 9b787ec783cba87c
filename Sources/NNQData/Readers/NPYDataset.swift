// SPDX-License-Identifier: Apache-2.0
// A data set from two .npy files: samples, and their classes or target values.

extension NPYArray {
    /// Pairs samples `[n, ...]` with targets: whole numbers `[n]` are classes, floats `[n]` or `[n, k]` values.
    ///
    /// uint8 samples `[n, h, w]` or `[n, h, w, c]` with classes stay bytes; one-dimensional samples become vectors of
    /// one.
    public static func dataset(
        name: String, samples samplesPath: String, targets targetsPath: String, classes: [String]? = nil
    ) throws(DataError) -> any Dataset {
        let samples = try NPYArray(path: samplesPath)
        let targets = try NPYArray(path: targetsPath)
        guard let count = samples.shape.first, let targetCount = targets.shape.first else {
            throw DataError(
                "a single number is not a data set", path: samples.shape.isEmpty ? samplesPath : targetsPath)
        }
        guard count == targetCount else {
            throw DataError(
                "\(targetCount) targets for \(count) samples in \(samplesPath)", path: targetsPath,
                remedy: "Save both with the same first dimension")
        }
        var shape = Array(samples.shape.dropFirst())
        if shape.isEmpty { shape = [1] }
        if shape.count == 2 { shape.append(1) }
        guard let labels = targets.integers else {
            let width = targets.count / count
            let names = width == 1 ? ["y"] : (0..<width).map { "y\($0)" }
            return try FloatDataset(
                name: name, shape: shape, values: samples.floats, targetNames: names, targets: targets.floats)
        }
        guard targets.shape.count == 1 else {
            throw DataError(
                "classes have one dimension, this array has shape \(targets.shape)", path: targetsPath,
                remedy: "Save one whole number for each sample, or floats for target values")
        }
        let names = try classNames(labels, classes, targetsPath)
        if case .uint8(let bytes) = samples.values, shape.count == 3 {
            return try ByteDataset(
                name: name, shape: shape, classes: names, pixels: bytes, labels: labels.map { UInt16($0) })
        }
        return try FloatDataset(
            name: name, shape: shape, values: samples.floats, classes: names, labels: labels.map { Int32($0) })
    }

    private static func classNames(_ labels: [Int], _ given: [String]?, _ path: String) throws(DataError) -> [String] {
        let limit = given?.count ?? 1 << 16
        if let bad = labels.firstIndex(where: { $0 < 0 || $0 >= limit }) {
            throw DataError(
                "class \(labels[bad]) of sample \(bad) is not in 0 to \(limit - 1)", path: path,
                remedy: "Number classes from 0, or save target values as floats")
        }
        return given ?? (0...(labels.max() ?? 0)).map(String.init)
    }
}
