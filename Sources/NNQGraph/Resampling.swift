// SPDX-License-Identifier: Apache-2.0
// Where the rows and columns of a resized map come from.

/// What a resized map's value is made of.
public enum Interpolation: Hashable, Codable, Sendable {
    /// The value at the nearest place.
    case nearest(NearestRounding)
    /// The mean of the four values around, weighted by distance along both axes.
    case bilinear
}

/// How a place between two rows (or columns) becomes one of them.
public enum NearestRounding: String, Hashable, Codable, Sendable, CaseIterable {
    case floor, ceil
    /// To the nearest, halves down.
    case halfDown
    /// To the nearest, halves up.
    case halfUp
}

/// Which place of the input belongs to a row (or column) of the output.
public enum Coordinates: String, Hashable, Codable, Sendable, CaseIterable {
    /// Pixels are squares, and the maps' edges coincide: `(i + 0.5) * input / output - 0.5`.
    case halfPixel
    /// The first pixels coincide: `i * input / output`.
    case asymmetric
    /// The centres of the first and last pixels coincide: `i * (input - 1) / (output - 1)`; of one pixel, the first.
    case alignCorners

    /// The place in an axis of `input` elements that belongs to element `index` of `output` ones; rounded once, so that
    /// a whole number comes out as one. May lie outside the axis by half an element.
    public func place(of index: Int, input: Int, output: Int) -> Double {
        switch self {
        case .halfPixel: Double((2 * index + 1) * input - output) / Double(2 * output)
        case .asymmetric: Double(index * input) / Double(output)
        case .alignCorners: output == 1 ? 0 : Double(index * (input - 1)) / Double(output - 1)
        }
    }

    /// The two neighbours of that place, inside the axis, and the upper one's weight from 0 to 1.
    public func neighbours(of index: Int, input: Int, output: Int) -> (lower: Int, upper: Int, weight: Double) {
        let place = min(max(place(of: index, input: input, output: output), 0), Double(input - 1))
        let lower = Int(place)
        return (lower, min(lower + 1, input - 1), place - Double(lower))
    }
}

extension NearestRounding {
    /// The element of an axis of `input` ones that element `index` of `output` ones copies.
    public func source(of index: Int, input: Int, output: Int, _ coordinates: Coordinates) -> Int {
        let place = coordinates.place(of: index, input: input, output: output)
        let rounded: Double =
            switch self {
            case .floor: place.rounded(.down)
            case .ceil: place.rounded(.up)
            case .halfDown: (place - 0.5).rounded(.up)
            case .halfUp: (place + 0.5).rounded(.down)
            }
        return min(max(Int(rounded), 0), input - 1)
    }
}
