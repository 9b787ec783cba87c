// SPDX-License-Identifier: Apache-2.0
// FlatBuffers written plainly: children after their parents, nothing shared.

/// A value of a FlatBuffer.
indirect enum Flat {
    case u8(UInt8)
    case u32(UInt32)
    case i32(Int32)
    case u64(UInt64)
    case f32(Float)
    case bytes([UInt8])
    case int32s([Int32])
    case int64s([Int64])
    case floats([Float])
    case text(String)
    case vector([Flat])
    /// Fields by slot.
    case table([Int: Flat])
    /// An offset to wherever the number says, counted from the offset itself.
    case offset(UInt32)

    /// A whole file: the root's offset, an identifier, the rest.
    func file(_ identifier: String = "TFL3") -> [UInt8] {
        var writer = FlatWriter(bytes: [0, 0, 0, 0] + Array(identifier.utf8))
        writer.patch(0, with: writer.place(self))
        return writer.bytes
    }
}

private struct FlatWriter {
    var bytes: [UInt8]

    mutating func append<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func patch(_ position: Int, with target: Int) {
        withUnsafeBytes(of: UInt32(target - position).littleEndian) {
            bytes.replaceSubrange(position..<position + 4, with: $0)
        }
    }

    private mutating func align() { while !bytes.count.isMultiple(of: 4) { bytes.append(0) } }

    /// Writes something that is reached by an offset.
    /// - Returns: where it lies.
    mutating func place(_ value: Flat) -> Int {
        align()
        if case .table(let fields) = value { return place(fields) }
        let start = bytes.count
        switch value {
        case .bytes(let all): appendAll(all)
        case .int32s(let all): appendAll(all)
        case .int64s(let all): appendAll(all)
        case .floats(let all): appendAll(all.map(\.bitPattern))
        case .text(let text):
            appendAll(Array(text.utf8))
            bytes.append(0)
        case .vector(let elements):
            append(UInt32(elements.count))
            let first = bytes.count
            for _ in elements { append(UInt32(0)) }
            for (index, element) in elements.enumerated() { patch(first + 4 * index, with: place(element)) }
        default: preconditionFailure("a number has no place of its own")
        }
        return start
    }

    private mutating func appendAll(_ values: [some FixedWidthInteger]) {
        append(UInt32(values.count))
        for value in values { append(value) }
    }

    /// The vtable, then the table, 8 bytes a field.
    private mutating func place(_ fields: [Int: Flat]) -> Int {
        let slots = (fields.keys.max() ?? -1) + 1
        let vtable = bytes.count
        append(UInt16(4 + 2 * slots))
        append(UInt16(4 + 8 * slots))
        for slot in 0..<slots { append(fields[slot] == nil ? 0 : UInt16(4 + 8 * slot)) }
        align()
        let table = bytes.count
        append(Int32(table - vtable))
        bytes += [UInt8](repeating: 0, count: 8 * slots)
        for (slot, value) in fields.sorted(by: { $0.key < $1.key }) { write(value, at: table + 4 + 8 * slot) }
        return table
    }

    private mutating func write(_ value: Flat, at position: Int) {
        switch value {
        case .u8(let number): bytes[position] = number
        case .u32(let number), .offset(let number): set(number, at: position)
        case .i32(let number): set(number, at: position)
        case .u64(let number): set(number, at: position)
        case .f32(let number): set(number.bitPattern, at: position)
        default: patch(position, with: place(value))
        }
    }

    private mutating func set(_ number: some FixedWidthInteger, at position: Int) {
        withUnsafeBytes(of: number.littleEndian) { source in
            for (index, byte) in source.enumerated() { bytes[position + index] = byte }
        }
    }
}
