// SPDX-License-Identifier: Apache-2.0
// Scales pictures by averaging areas, in whole numbers.

extension Picture {
    /// The picture at another size: every new pixel is the mean, rounded, of the area that it covers.
    ///
    /// Exact integer arithmetic (areas are multiples of 1 / (height * width) of the new size), the same everywhere.
    public func scaled(height newHeight: Int, width newWidth: Int) -> Picture {
        precondition(newHeight > 0 && newWidth > 0)
        let rows = Self.overlaps(from: height, to: newHeight)
        let columns = Self.overlaps(from: width, to: newWidth)
        let area = height * width
        var output = [UInt8](repeating: 0, count: newHeight * newWidth * channels)
        for (y, row) in rows.enumerated() {
            for (x, column) in columns.enumerated() {
                for c in 0..<channels {
                    var sum = area / 2
                    for (fromY, rowWeight) in row {
                        for (fromX, columnWeight) in column {
                            sum += rowWeight * columnWeight * Int(pixels[(fromY * width + fromX) * channels + c])
                        }
                    }
                    output[(y * newWidth + x) * channels + c] = UInt8(sum / area)
                }
            }
        }
        return Picture(height: newHeight, width: newWidth, channels: channels, pixels: output)
    }

    /// For each new index the old ones that it covers, with weights that add up to `old`.
    private static func overlaps(from old: Int, to new: Int) -> [[(index: Int, weight: Int)]] {
        (0..<new).map { i in
            let (begin, end) = (i * old, (i + 1) * old)
            return (begin / new...(end - 1) / new).map { index in
                (index, min(end, (index + 1) * new) - max(begin, index * new))
            }
        }
    }
}
