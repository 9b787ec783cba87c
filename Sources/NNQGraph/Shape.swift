// SPDX-License-Identifier: Apache-2.0
// The extents of one sample's tensor.

/// Extents of a tensor, outermost first and without the batch: `[height, width, channels]` (NHWC) for maps,
/// `[features]` for vectors. Every extent is at least 1.
public struct Shape: Hashable, Sendable {
    public var dimensions: [Int]

    public init(_ dimensions: [Int]) { self.dimensions = dimensions }

    /// Elements in one sample.
    public var count: Int { dimensions.reduce(1, *) }
    public var rank: Int { dimensions.count }
    public var isMap: Bool { rank == 3 }
    /// The innermost extent: channels of a map, features of a vector.
    public var channels: Int { dimensions.last ?? 1 }
    /// Rows of a map; 1 for a vector.
    public var height: Int { isMap ? dimensions[0] : 1 }
    /// Columns of a map; 1 for a vector.
    public var width: Int { isMap ? dimensions[1] : 1 }

    public subscript(_ axis: Int) -> Int { dimensions[axis] }
}

extension Shape: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: Int...) { self.init(elements) }
}

extension Shape: CustomStringConvertible {
    public var description: String { dimensions.map(String.init).joined(separator: "x") }
}

extension Shape: Codable {
    public init(from decoder: any Decoder) throws {
        dimensions = try decoder.singleValueContainer().decode([Int].self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(dimensions)
    }
}
