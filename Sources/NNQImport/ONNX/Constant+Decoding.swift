// SPDX-License-Identifier: Apache-2.0
// ONNX's TensorProto as a constant: its packed and its typed forms.

import Foundation
import ONNXProto

extension Constant {
    /// - Throws: where the values are elsewhere (external data), of a type that no layer reads, or not as many as the
    ///   extents say.
    package init(_ tensor: Onnx_TensorProto) throws {
        let name = tensor.name
        guard tensor.dataLocation != .external, tensor.externalData.isEmpty else {
            throw ImportError(
                "tensor '\(name)' is in another file (external data): save the model with its weights inside")
        }
        let extents = try tensor.dims.map { dimension -> Int in
            guard (0...Int64(1 << 30)).contains(dimension) else {
                throw ImportError("tensor '\(name)' has an extent of \(dimension)")
            }
            return Int(dimension)
        }
        let type = Int(tensor.dataType)
        guard let kind = Onnx_TensorProto.DataType(rawValue: type), let values = try Self.values(tensor, kind) else {
            throw ImportError(
                "tensor '\(name)' holds \(ONNXElementType.words(type)); floats, integers up to 64 bits and booleans "
                    + "are possible")
        }
        self.init(extents, values)
        self.type = type
        let needed = try extents.elementCount()
        guard count == needed else {
            throw ImportError(
                "tensor '\(name)' has \(count) values for \(extents.words) elements: the file is damaged")
        }
    }

    /// Nil for a type that has no meaning here.
    private static func values(_ tensor: Onnx_TensorProto, _ kind: Onnx_TensorProto.DataType) throws -> Values? {
        let raw = tensor.hasRawData ? tensor.rawData : nil
        func integers<Word: FixedWidthInteger>(_: Word.Type) throws -> Values {
            guard let raw else {
                return .integers(kind == .int64 ? tensor.int64Data : tensor.int32Data.map { Int64($0) })
            }
            return .integers(try words(raw, Word.self).map { Int64(truncatingIfNeeded: $0) })
        }
        switch kind {
        case .float:
            guard let raw else { return .floats(tensor.floatData) }
            return .floats(try words(raw, UInt32.self).map { Float(bitPattern: $0) })
        case .double:
            guard let raw else { return .floats(tensor.doubleData.map { Float($0) }) }
            return .floats(try words(raw, UInt64.self).map { Float(Double(bitPattern: $0)) })
        case .float16, .bfloat16:
            let bits =
                try raw.map { try words($0, UInt16.self) }
                ?? tensor.int32Data.map { UInt16(truncatingIfNeeded: $0) }
            return .floats(bits.map { kind == .float16 ? half($0) : Float(bitPattern: UInt32($0) << 16) })
        case .uint8, .bool: return try integers(UInt8.self)
        case .int8: return try integers(Int8.self)
        case .uint16: return try integers(UInt16.self)
        case .int16: return try integers(Int16.self)
        case .int32: return try integers(Int32.self)
        case .int64: return try integers(Int64.self)
        case .uint32, .uint64:
            guard raw == nil else {
                return kind == .uint32 ? try integers(UInt32.self) : try integers(UInt64.self)
            }
            return .integers(tensor.uint64Data.map { Int64(truncatingIfNeeded: $0) })
        default: return nil
        }
    }

    /// Little-endian words.
    private static func words<Word: FixedWidthInteger>(_ data: Data, _: Word.Type) throws -> [Word] {
        let size = MemoryLayout<Word>.size
        guard data.count % size == 0 else {
            throw ImportError("a tensor's data is \(data.count) bytes, not a multiple of \(size): the file is damaged")
        }
        return data.withUnsafeBytes { bytes in
            (0..<bytes.count / size).map { index in
                Word(littleEndian: bytes.loadUnaligned(fromByteOffset: index * size, as: Word.self))
            }
        }
    }

    /// An IEEE 754 half.
    private static func half(_ bits: UInt16) -> Float {
        let magnitude = Float(bitPattern: UInt32(bits & 0x7FFF) << 13) * 0x1p112
        let isFinite = bits & 0x7C00 != 0x7C00
        let value = isFinite ? magnitude : (bits & 0x3FF == 0 ? Float.infinity : .nan)
        return bits & 0x8000 == 0 ? value : -value
    }
}

/// ONNX's element types, as far as importing tells them apart.
enum ONNXElementType {
    static func isFloat(_ type: Int) -> Bool { [1, 10, 11, 16].contains(type) }
    /// Integers of any width, and booleans.
    static func isInteger(_ type: Int) -> Bool { [2, 3, 4, 5, 6, 7, 9, 12, 13].contains(type) }

    static func words(_ type: Int) -> String {
        let names = [
            "no type", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "strings", "bool", "float16",
            "double", "uint32", "uint64", "complex64", "complex128", "bfloat16",
        ]
        return names.indices.contains(type) ? names[type] : "elements of type \(type)"
    }
}
