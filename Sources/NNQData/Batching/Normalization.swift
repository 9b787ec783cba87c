// SPDX-License-Identifier: Apache-2.0
// Normalization measured on data, and spread over channels.

import NNQBase

extension Normalization {
    /// Maps bytes 0...255 to 0...1.
    public static let unit = Normalization(mean: [0], std: [255])

    /// The mean and standard deviation of `dataset`, so that every channel gets mean 0 and variance 1.
    ///
    /// Bytes are summed exactly in integers. A channel that never changes gets standard deviation 1.
    public static func measured(_ dataset: any Dataset) -> Normalization {
        dataset.isByteImage ? measuredBytes(dataset) : measuredFloats(dataset)
    }

    private static func measuredBytes(_ dataset: any Dataset) -> Normalization {
        let channels = dataset.channels
        var histogram = [Int](repeating: 0, count: channels * 256)
        histogram.withUnsafeMutableBufferPointer { table in
            for index in 0..<dataset.count {
                _ = dataset.withSampleBytes(index) { bytes in
                    for start in stride(from: 0, to: bytes.count, by: channels) {
                        for c in 0..<channels { table[c << 8 | Int(bytes[start + c])] += 1 }
                    }
                }
            }
        }
        let pixels = Double(dataset.count * dataset.sampleSize / channels)
        var mean: [Float] = []
        var std: [Float] = []
        for c in 0..<channels {
            var sum = 0
            var squares = 0
            for value in 0..<256 {
                sum += value * histogram[c << 8 | value]
                squares += value * value * histogram[c << 8 | value]
            }
            let average = Double(sum) / pixels
            let variance = Double(squares) / pixels - average * average
            mean.append(Float(average))
            std.append(variance > 0 ? Float(variance.squareRoot()) : 1)
        }
        return Normalization(mean: mean, std: std)
    }

    /// Two passes, so that nothing cancels.
    private static func measuredFloats(_ dataset: any Dataset) -> Normalization {
        let channels = dataset.channels
        let pixels = Double(dataset.count * dataset.sampleSize / channels)
        var sums = [Double](repeating: 0, count: channels)
        var squares = sums
        for index in 0..<dataset.count {
            for (i, value) in dataset.sample(index).enumerated() { sums[i % channels] += Double(value) }
        }
        let average = sums.map { $0 / pixels }
        for index in 0..<dataset.count {
            for (i, value) in dataset.sample(index).enumerated() {
                let distance = Double(value) - average[i % channels]
                squares[i % channels] += distance * distance
            }
        }
        let std = squares.map { $0 > 0 ? Float(($0 / pixels).squareRoot()) : 1 }
        return Normalization(mean: average.map { Float($0) }, std: std.map { $0 > 0 && $0.isFinite ? $0 : 1 })
    }

    /// Mean and standard deviation of each of `channels`.
    func expanded(to channels: Int) throws(DataError) -> Normalization {
        if mean.count == channels { return self }
        guard mean.count == 1 else {
            throw DataError(
                "normalisation is for \(mean.count) channels, the data has \(channels)",
                remedy: "Give one mean and standard deviation, or one for each channel")
        }
        return Normalization(
            mean: [Float](repeating: mean[0], count: channels), std: [Float](repeating: std[0], count: channels))
    }
}
