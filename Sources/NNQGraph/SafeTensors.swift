// SPDX-License-Identifier: Apache-2.0
// The safetensors file format: a length, a JSON header, raw little-endian values.

import Foundation
import NNQBase

/// Named float32 tensors and text metadata in one file (the format is described at
/// https://github.com/huggingface/safetensors).
public struct SafeTensors: Equatable, Sendable {
    public var tensors: [String: Tensor]
    public var metadata: [String: String]

    public init(tensors: [String: Tensor], metadata: [String: String] = [:]) {
        self.tensors = tensors
        self.metadata = metadata
    }

    /// Largest header that is read; the format's own limit.
    static let largestHeader = 100_000_000

    /// Reads a file.
    /// - Throws: `FileError`, or `GraphError` that says what is wrong with the file and where.
    public init(contentsOf path: String) throws {
        do { try self.init(bytes: WholeFile.read(path)) } catch let error as GraphError {
            throw GraphError("\(path) is not a usable safetensors file: \(error.description)")
        }
    }

    public init(bytes: [UInt8]) throws {
        guard bytes.count >= 8 else {
            throw GraphError("it has \(bytes.count) bytes; the header's length alone takes 8")
        }
        let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << UInt64(8 * $1) }
        guard length >= 2, length <= UInt64(min(bytes.count - 8, Self.largestHeader)) else {
            throw GraphError("bytes 0 to 7 give a header of \(length) bytes; \(bytes.count - 8) follow")
        }
        let start = 8 + Int(length)
        guard let header = try? JSONSerialization.jsonObject(with: Data(bytes[8..<start])) as? [String: Any] else {
            throw GraphError("the header (bytes 8 to \(start - 1)) is not a JSON object")
        }
        metadata = header["__metadata__"] as? [String: String] ?? [:]
        tensors = [:]
        for (name, value) in header where name != "__metadata__" {
            tensors[name] = try Self.tensor(name, value, payload: bytes[start...])
        }
    }

    private static func tensor(_ name: String, _ value: Any, payload: ArraySlice<UInt8>) throws -> Tensor {
        guard let entry = value as? [String: Any], let type = entry["dtype"] as? String,
            let shape = entry["shape"] as? [Int], let offsets = entry["data_offsets"] as? [Int], offsets.count == 2
        else { throw GraphError("tensor '\(name)' lacks dtype, shape or data_offsets") }
        guard type == "F32" else { throw GraphError("tensor '\(name)' has type \(type); convert it to F32") }
        guard let count = product(shape), offsets[0] >= 0, offsets[1] >= offsets[0], offsets[1] <= payload.count,
            (offsets[1] - offsets[0]) == 4 * count
        else {
            throw GraphError(
                "tensor '\(name)' of shape \(shape) does not match its bytes \(offsets) of \(payload.count)")
        }
        let first = payload.startIndex + offsets[0]
        let values = (0..<count).map { index -> Float in
            let at = first + 4 * index
            let low = UInt32(payload[at]) | UInt32(payload[at + 1]) << 8
            return Float(bitPattern: low | UInt32(payload[at + 2]) << 16 | UInt32(payload[at + 3]) << 24)
        }
        return Tensor(shape: shape, values: values)
    }

    private static func product(_ shape: [Int]) -> Int? {
        var count = 1
        for extent in shape {
            let (next, overflow) = count.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflow, next <= 1 << 40 else { return nil }
            count = next
        }
        return count
    }

    /// The file's bytes: tensors in the order of their names, so that equal content gives equal bytes.
    public func bytes() throws -> [UInt8] {
        var header: [String: Any] = [:]
        if !metadata.isEmpty { header["__metadata__"] = metadata }
        var offset = 0
        let names = tensors.keys.sorted()
        for name in names {
            let tensor = tensors[name]!
            header[name] =
                ["dtype": "F32", "shape": tensor.shape, "data_offsets": [offset, offset + 4 * tensor.count]]
                as [String: Any]
            offset += 4 * tensor.count
        }
        var json = [UInt8](
            try JSONSerialization.data(withJSONObject: header, options: [.sortedKeys, .withoutEscapingSlashes]))
        json.append(contentsOf: repeatElement(0x20, count: (8 - json.count % 8) % 8))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + json.count + offset)
        for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: json.count >> (8 * shift))) }
        bytes += json
        for name in names {
            for value in tensors[name]!.values {
                let bits = value.bitPattern
                bytes.append(UInt8(truncatingIfNeeded: bits))
                bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
                bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
                bytes.append(UInt8(truncatingIfNeeded: bits >> 24))
            }
        }
        return bytes
    }

    /// Writes the file whole or not at all.
    public func write(to path: String) throws { try WholeFile.write(bytes(), to: path) }
}
