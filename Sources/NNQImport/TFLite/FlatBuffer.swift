// SPDX-License-Identifier: Apache-2.0
// The FlatBuffers wire format, read without trust: every access is checked against the buffer.

/// A buffer that may hold anything. Positions come from the buffer itself, as sums of 32-bit numbers, so arithmetic on
/// them cannot overflow; each is compared with the buffer's size before it is used.
struct FlatBuffer: Sendable {
    let bytes: [UInt8]

    /// The root table.
    /// - Throws: `ImportError` where the buffer is too short to have one.
    func root(_ name: String) throws -> FlatTable {
        try table(at: follow(offsetAt: 0, name), name)
    }

    /// A little-endian integer.
    func integer<T: FixedWidthInteger>(at position: Int, _ name: @autoclosure () -> String) throws -> T {
        try check(position, MemoryLayout<T>.size, name())
        return bytes.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: T.self)) }
    }

    /// Throws unless `count` bytes lie at `position`.
    func check(_ position: Int, _ count: Int, _ name: @autoclosure () -> String) throws {
        if position >= 0, count >= 0, count <= bytes.count, position <= bytes.count - count { return }
        throw damage(name(), at: position, "takes \(count) bytes, and the file ends at byte \(bytes.count)")
    }

    /// The position that the unsigned offset stored at `position` points to; offsets count from where they are stored.
    func follow(offsetAt position: Int, _ name: String) throws -> Int {
        let offset: UInt32 = try integer(at: position, name)
        return position + Int(offset)
    }

    func table(at position: Int, _ name: String) throws -> FlatTable {
        try FlatTable(self, at: position, name)
    }

    func damage(_ name: String, at position: Int, _ problem: String) -> ImportError {
        ImportError(
            "the file is damaged or not whole: \(name) at byte \(position) \(problem): download or export it again")
    }
}

/// A table: a position, and a vtable that tells which fields it has and where.
struct FlatTable: Sendable {
    let buffer: FlatBuffer
    let position: Int
    let name: String
    private let vtable: Int
    private let vtableSize: Int
    private let size: Int

    fileprivate init(_ buffer: FlatBuffer, at position: Int, _ name: String) throws {
        let back: Int32 = try buffer.integer(at: position, name)
        let vtable = position - Int(back)
        let vtableSize = Int(try buffer.integer(at: vtable, "the vtable of \(name)") as UInt16)
        let size = Int(try buffer.integer(at: vtable + 2, "the vtable of \(name)") as UInt16)
        guard vtableSize >= 4, vtableSize.isMultiple(of: 2), size >= 4 else {
            throw buffer.damage("the vtable of \(name)", at: vtable, "has impossible sizes, \(vtableSize) and \(size)")
        }
        try buffer.check(vtable, vtableSize, "the vtable of \(name)")
        try buffer.check(position, size, name)
        (self.buffer, self.position, self.name) = (buffer, position, name)
        (self.vtable, self.vtableSize, self.size) = (vtable, vtableSize, size)
    }

    /// Where a field of so many bytes lies, or nil where the table does not have it.
    private func place(_ slot: Int, _ count: Int, _ field: String) throws -> Int? {
        let entry = 4 + 2 * slot
        guard entry + 2 <= vtableSize else { return nil }
        let offset = Int(try buffer.integer(at: vtable + entry, "the vtable of \(name)") as UInt16)
        if offset == 0 { return nil }
        guard offset >= 4, offset + count <= size else {
            throw buffer.damage("\(field) of \(name)", at: position + offset, "lies outside of its table")
        }
        return position + offset
    }

    /// A number, or `missing` where the table does not have it.
    func integer<T: FixedWidthInteger>(_ slot: Int, _ field: String, missing: T = 0) throws -> T {
        guard let place = try place(slot, MemoryLayout<T>.size, field) else { return missing }
        return try buffer.integer(at: place, field)
    }

    func float(_ slot: Int, _ field: String, missing: Float = 0) throws -> Float {
        Float(bitPattern: try integer(slot, field, missing: missing.bitPattern))
    }

    func bool(_ slot: Int, _ field: String) throws -> Bool { try integer(slot, field) as UInt8 != 0 }

    func table(_ slot: Int, _ field: String) throws -> FlatTable? {
        guard let place = try place(slot, 4, field) else { return nil }
        return try buffer.table(at: buffer.follow(offsetAt: place, field), field)
    }

    /// A vector of elements of so many bytes, or nil where the table does not have it.
    func vector(_ slot: Int, _ field: String, elementSize: Int) throws -> FlatVector? {
        guard let place = try place(slot, 4, field) else { return nil }
        return try FlatVector(
            buffer, at: buffer.follow(offsetAt: place, field), elementSize: elementSize, "\(field) of \(name)")
    }

    /// A text, or an empty one where the table has none.
    /// - Throws: `ImportError` also where it is longer than `limit` bytes.
    func text(_ slot: Int, _ field: String, limit: Int) throws -> String {
        guard let letters = try vector(slot, field, elementSize: 1) else { return "" }
        guard letters.count <= limit else {
            throw buffer.damage(letters.name, at: letters.start, "has \(letters.count) bytes, and \(limit) are allowed")
        }
        return String(decoding: buffer.bytes[letters.start..<letters.start + letters.count], as: UTF8.self)
    }
}

/// A vector whose elements all lie in the buffer.
struct FlatVector: Sendable {
    let buffer: FlatBuffer
    let start: Int
    let count: Int
    let elementSize: Int
    let name: String

    fileprivate init(_ buffer: FlatBuffer, at position: Int, elementSize: Int, _ name: String) throws {
        let count = Int(try buffer.integer(at: position, name) as UInt32)
        try buffer.check(position + 4, count * elementSize, "\(name), \(count) elements,")
        (self.buffer, self.start, self.count) = (buffer, position + 4, count)
        (self.elementSize, self.name) = (elementSize, name)
    }

    /// - Precondition: `T` has the vector's element size.
    func integers<T: FixedWidthInteger>(_: T.Type = T.self) throws -> [T] {
        try (0..<count).map { try buffer.integer(at: start + $0 * elementSize, name) }
    }

    func floats() throws -> [Float] { try integers(UInt32.self).map { Float(bitPattern: $0) } }

    /// The table that element `index`, an offset, points to.
    /// - Precondition: elements are 4 bytes; `index` is below `count`.
    func table(_ index: Int, _ kind: String) throws -> FlatTable {
        let place = start + index * elementSize
        return try buffer.table(at: buffer.follow(offsetAt: place, name), "\(kind) \(index)")
    }
}
