// SPDX-License-Identifier: Apache-2.0
// The header of an .npy file: a Python dictionary in a fixed form, taken apart strictly.

/// Type and shape as the header states them.
struct NPYHeader {
    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    let shape: [Int]
    let itemSize: Int
    /// Type and size as NumPy writes them, without the byte order: u1, i1, i4, i8, f4, f8.
    private let type: String
    private let bigEndian: Bool

    init(_ file: inout InputFile) throws(DataError) {
        let start = try file.read(8, "the .npy magic number")
        guard Array(start[..<6]) == Self.magic else {
            throw DataError(
                "this is not an .npy file", path: file.path, byte: 0, remedy: "Save the array with numpy.save")
        }
        guard (1...3).contains(start[6]) else {
            throw DataError("version \(start[6]) of the .npy format is not known", path: file.path, byte: 6)
        }
        let sizes = try file.read(start[6] == 1 ? 2 : 4, "the length of the .npy header")
        let length = sizes.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= 1 << 16 else {
            throw DataError(
                "the header claims \(length) bytes", path: file.path, byte: 8,
                remedy: "The file is damaged; save it again")
        }
        let begins = file.position
        let text = String(decoding: try file.read(length, "the .npy header"), as: UTF8.self)
        do {
            (type, bigEndian, shape) = try Self.parse(text)
        } catch {
            throw DataError(error.problem, path: file.path, byte: begins, remedy: error.remedy)
        }
        itemSize = type.last!.wholeNumberValue!
    }

    private static func parse(_ text: String) throws(DataError) -> (type: String, bigEndian: Bool, shape: [Int]) {
        guard let description = value(of: "descr", in: text), let order = value(of: "fortran_order", in: text),
            let sizes = value(of: "shape", in: text), sizes.hasPrefix("("), let end = sizes.firstIndex(of: ")")
        else {
            throw DataError(
                "the .npy header does not state descr, fortran_order and shape",
                remedy: "Arrays of records are not supported; save plain numbers")
        }
        guard order.hasPrefix("False") else {
            throw DataError(
                "the array is stored column by column (Fortran order)",
                remedy: "Save numpy.ascontiguousarray(array) instead")
        }
        let quoted = description.split(separator: "'", omittingEmptySubsequences: false)
        let name = quoted.count > 1 ? String(quoted[1]) : String(description.prefix(20))
        let known = ["u1", "i1", "i4", "i8", "f4", "f8", "b1"]
        guard "<>|=".contains(name.first ?? " "), known.contains(String(name.dropFirst())) else {
            throw DataError(
                "values of type \(name) are not supported",
                remedy: "Use uint8, int8, int32, int64, float32 or float64, as in array.astype('float32')")
        }
        let inner = sizes[sizes.index(after: sizes.startIndex)..<end]
        var shape: [Int] = []
        for part in inner.split(separator: ",") {
            let digits = part.filter { $0 != " " }
            if digits.isEmpty { continue }
            guard let size = Int(digits), size >= 0 else { throw DataError("the shape holds '\(part)'") }
            shape.append(size)
        }
        let type = name.dropFirst() == "b1" ? "u1" : String(name.dropFirst())
        return (type, name.hasPrefix(">"), shape)
    }

    /// What follows `'key':` in the dictionary.
    private static func value(of key: String, in text: String) -> Substring? {
        guard let range = text.range(of: "'\(key)':") else { return nil }
        return text[range.upperBound...].drop(while: { $0 == " " })
    }

    /// `bytes` as numbers of the header's type.
    func decode(_ bytes: [UInt8]) -> NPYArray.Values {
        switch type {
        case "u1": .uint8(bytes)
        case "i1": .int8(bytes.map { Int8(bitPattern: $0) })
        case "i4": .int32(numbers(bytes))
        case "i8": .int64(numbers(bytes))
        case "f4": .float32(numbers(bytes, as: UInt32.self).map { Float(bitPattern: $0) })
        default: .float64(numbers(bytes, as: UInt64.self).map { Double(bitPattern: $0) })
        }
    }

    private func numbers<Number: FixedWidthInteger>(_ bytes: [UInt8], as: Number.Type = Number.self) -> [Number] {
        bytes.withUnsafeBytes { raw in
            (0..<bytes.count / itemSize).map { i in
                let number = raw.loadUnaligned(fromByteOffset: i * itemSize, as: Number.self)
                return bigEndian ? Number(bigEndian: number) : Number(littleEndian: number)
            }
        }
    }
}
