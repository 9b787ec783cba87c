// SPDX-License-Identifier: Apache-2.0
// What a sample of a data set looks like.

import Foundation
import NNQData

/// A sample as a picture, as curves, or as numbers.
public enum SampleView: Hashable, Sendable {
    /// A PNG file.
    case picture([UInt8])
    /// One curve a channel.
    case series([[Float]])
    case numbers([Float])

    /// Pictures are of one or three channels; samples of more than 16 numbers are curves, along rows of maps.
    /// - Throws: `DataError` where a picture cannot be made.
    public init(_ dataset: any Dataset, index: Int) throws {
        let shape = dataset.sampleShape
        let values = dataset.sample(index)
        if shape.count == 3, shape[2] == 1 || shape[2] == 3, shape[0] > 1, shape[1] > 1 {
            self = .picture(try Self.png(values, shape, dataset))
            return
        }
        let channels = shape.count > 1 ? shape.last! : 1
        guard values.count / channels > 16 else {
            self = .numbers(values)
            return
        }
        self = .series(
            (0..<min(channels, 6)).map { channel in
                stride(from: channel, to: values.count, by: channels).map { values[$0] }
            })
    }

    /// Other numbers than bytes are spread over the range of the set.
    private static func png(_ values: [Float], _ shape: [Int], _ dataset: any Dataset) throws -> [UInt8] {
        let low = dataset.isByteImage ? 0 : dataset.rawRange.lowerBound
        let span = dataset.isByteImage ? 255 : max(dataset.rawRange.upperBound - low, .leastNormalMagnitude)
        let pixels = values.map { UInt8(max(0, min(255, (($0 - low) / span * 255).rounded()))) }
        return try ImageFile.png(Picture(height: shape[0], width: shape[1], channels: shape[2], pixels: pixels))
    }

    func markup(index: Int) -> String {
        let label = "Sample \(index)"
        switch self {
        case .picture(let bytes):
            return
                "<img class=\"pixels\" alt=\"\(label)\" src=\"data:image/png;base64,\(Data(bytes).base64EncodedString())\"/>"
        case .series(let curves): return LineChart(curves: curves).markup(label: label)
        case .numbers(let values): return ColumnChart(values: values).markup(label: label)
        }
    }
}
