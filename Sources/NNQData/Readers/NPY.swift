// SPDX-License-Identifier: Apache-2.0
// NumPy's .npy files, versions 1 to 3, C order: read and written.

import Foundation

/// An array of an .npy file (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
public struct NPYArray: Sendable, Equatable {
    /// Values, last dimension fastest, as they are stored.
    public enum Values: Sendable, Equatable {
        case uint8([UInt8])
        case int8([Int8])
        case int32([Int32])
        case int64([Int64])
        case float32([Float])
        case float64([Double])
    }

    /// Sizes, outermost first; empty for a single number.
    public let shape: [Int]
    public let values: Values

    /// Traps unless `values` has as many entries as `shape` says.
    public init(shape: [Int], values: Values) {
        self.shape = shape
        self.values = values
        precondition(count == shape.reduce(1, *))
    }

    /// Number of values.
    public var count: Int {
        switch values {
        case .uint8(let a): a.count
        case .int8(let a): a.count
        case .int32(let a): a.count
        case .int64(let a): a.count
        case .float32(let a): a.count
        case .float64(let a): a.count
        }
    }

    /// All values as floats, rounded where a float cannot hold them.
    public var floats: [Float] {
        switch values {
        case .uint8(let a): a.map { Float($0) }
        case .int8(let a): a.map { Float($0) }
        case .int32(let a): a.map { Float($0) }
        case .int64(let a): a.map { Float($0) }
        case .float32(let a): a
        case .float64(let a): a.map { Float($0) }
        }
    }

    /// All values as whole numbers, nil if the file holds floats.
    public var integers: [Int]? {
        switch values {
        case .uint8(let a): a.map { Int($0) }
        case .int8(let a): a.map { Int($0) }
        case .int32(let a): a.map { Int($0) }
        case .int64(let a): a.map { Int($0) }
        case .float32, .float64: nil
        }
    }

    /// Reads `path`. Fortran order, other types, and a header and contents that disagree throw.
    public init(path: String) throws(DataError) {
        var file = try InputFile(path)
        let header = try NPYHeader(&file)
        guard let count = header.shape.isEmpty ? 1 : boundedProduct(header.shape) else {
            throw DataError(
                "the shape \(header.shape) is empty or too large", path: path, byte: 10,
                remedy: "Save an array with at least one value")
        }
        let bytes = try file.read(count * header.itemSize, "the \(count) values of shape \(header.shape)")
        try file.expectEnd(after: "the \(count) values that the header announces")
        shape = header.shape
        values = header.decode(bytes)
    }

    /// Writes the array as version 1.0, little-endian, C order.
    public func write(to path: String) throws(DataError) {
        let (type, data): (String, [UInt8]) =
            switch values {
            case .uint8(let a): ("|u1", a)
            case .int8(let a): ("|i1", a.map { UInt8(bitPattern: $0) })
            case .int32(let a): ("<i4", littleEndianBytes(a))
            case .int64(let a): ("<i8", littleEndianBytes(a))
            case .float32(let a): ("<f4", littleEndianBytes(a.map(\.bitPattern)))
            case .float64(let a): ("<f8", littleEndianBytes(a.map(\.bitPattern)))
            }
        let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(sizes)), }"
        header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
        let length = UInt16(header.utf8.count)
        let prefix = NPYHeader.magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
        try AtomicFile.write(prefix + Array(header.utf8) + data, to: path)
    }
}

/// The bytes of `numbers`, least significant first.
private func littleEndianBytes<Number: FixedWidthInteger>(_ numbers: [Number]) -> [UInt8] {
    let ordered = numbers.map(\.littleEndian)
    return ordered.withUnsafeBytes { Array($0) }
}
