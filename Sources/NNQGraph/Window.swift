// SPDX-License-Identifier: Apache-2.0
// The sliding window that convolutions and pools share, and its arithmetic.

/// Two numbers, one a spatial axis: rows, then columns.
public struct Pair: Hashable, Codable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    public var height: Int
    public var width: Int

    public init(_ height: Int, _ width: Int) {
        self.height = height
        self.width = width
    }

    public init(integerLiteral value: Int) { self.init(value, value) }

    public var description: String { "\(height)x\(width)" }
}

/// How a window treats the border of a map.
public enum Padding: Hashable, Codable, Sendable {
    /// Every stride-th position has an output: `ceil(size / stride)`. An odd row or column of padding goes below and
    /// right.
    case same
    /// No padding: the window stays inside the map.
    case valid
    /// Rows and columns of padding on each side.
    case explicit(top: Int, bottom: Int, left: Int, right: Int)
}

/// Rows and columns of padding on each side of a map.
public struct Margins: Hashable, Codable, Sendable {
    public var top: Int
    public var bottom: Int
    public var left: Int
    public var right: Int

    public init(top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0) {
        self.top = top
        self.bottom = bottom
        self.left = left
        self.right = right
    }

    public static let zero = Margins()
}

/// A window that slides over the rows and columns of a map.
public struct Window: Hashable, Codable, Sendable {
    public var kernel: Pair
    public var stride: Pair
    public var dilation: Pair
    public var padding: Padding

    public init(kernel: Pair, stride: Pair = 1, dilation: Pair = 1, padding: Padding = .valid) {
        self.kernel = kernel
        self.stride = stride
        self.dilation = dilation
        self.padding = padding
    }

    /// Rows and columns from the window's first to its last tap, inclusive.
    public var extent: Pair {
        Pair((kernel.height - 1) * dilation.height + 1, (kernel.width - 1) * dilation.width + 1)
    }

    /// The padding in rows and columns for an input of this shape.
    public func margins(for input: Shape) -> Margins {
        switch padding {
        case .valid: return .zero
        case .explicit(let top, let bottom, let left, let right):
            return Margins(top: top, bottom: bottom, left: left, right: right)
        case .same:
            let rows = Self.samePadding(size: input.height, stride: stride.height, extent: extent.height)
            let columns = Self.samePadding(size: input.width, stride: stride.width, extent: extent.width)
            return Margins(top: rows / 2, bottom: rows - rows / 2, left: columns / 2, right: columns - columns / 2)
        }
    }

    /// Rows and columns of the output, or nil where the window is larger than the padded map.
    public func outputSize(for input: Shape) -> Pair? {
        let margins = margins(for: input)
        let height = input.height + margins.top + margins.bottom - extent.height
        let width = input.width + margins.left + margins.right - extent.width
        guard height >= 0, width >= 0 else { return nil }
        return Pair(height / stride.height + 1, width / stride.width + 1)
    }

    private static func samePadding(size: Int, stride: Int, extent: Int) -> Int {
        let output = (size + stride - 1) / stride
        return max(0, (output - 1) * stride + extent - size)
    }
}
