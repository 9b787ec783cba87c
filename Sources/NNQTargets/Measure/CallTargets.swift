// SPDX-License-Identifier: Apache-2.0
// What calls through pointers can reach in a linked program.

import Foundation

/// The functions whose addresses a program holds: in the runtime's tables of ops and of packed forms, and in code that
/// hands them to other functions.
struct CallTargets {
    private let objects: [(range: Range<UInt64>, name: String)]
    private let tables: [String: [UInt64]]
    /// What each object hands on.
    private let callbacks: [String: [UInt64]]
    private let runPacked: UInt64?
    private let runOp: Range<UInt64>

    /// - Parameters:
    ///   - program: linked with `-Wl,-Map=map`.
    ///   - parts: the objects of the runtime, or of the compiled model.
    init(_ program: String, _ parts: [String], of build: FirmwareBuild) throws {
        objects = Self.objects(map: try build.folder.read("map"))
        let symbols = try build.symbols(of: program)
        tables = try Self.tables(program, symbols, build)
        var callbacks: [String: [UInt64]] = [:]
        for part in parts {
            let handedOn = try Self.addressesTaken(part, build)
            callbacks[part] = symbols.filter { handedOn.contains($0.name) }.map(\.address)
        }
        self.callbacks = callbacks
        runPacked = symbols.first { $0.name == "nnq_run_packed" }?.address
        let start = symbols.first { $0.name == "nnq_run_op" }?.address ?? 0
        runOp = start..<(symbols.map(\.address).filter { $0 > start }.min() ?? start)
    }

    /// What a call at this address can reach: kernels from where ops are run, checks from where records are verified, an
    /// op's rows from where plans are; from an op's own file what that op's files hand on, and elsewhere all that is.
    func targets(_ address: UInt64) -> [UInt64] {
        let object = objects.first { $0.range.contains(address) }?.name ?? ""
        func reached(_ slots: String...) -> [UInt64] { slots.flatMap { tables[$0] ?? [] } }
        func isFrom(_ files: String...) -> Bool { files.contains { object == "CRuntime_src_\($0).c.o" } }
        if isFrom("run") { return reached("packed_run") }
        // A packed op alone in its stage does not come this way.
        if isFrom("bands") { return reached("op_run").filter { $0 != runPacked || !runOp.contains(address) } }
        if isFrom("verify_records") { return reached("op_check") }
        if isFrom("stage", "verify_plan", "verify_bands") { return reached("op_rows") }
        if isFrom("packed_run") { return reached("packed_kernel") }
        if isFrom("packed") {
            return reached("packed_size", "packed_scratch", "packed_weight", "packed_channel", "packed_valid")
        }
        let op = object.firstRange(of: "_ops_").map { object[$0.upperBound...].dropLast(4) }
        return callbacks.filter { op.map($0.key.contains) ?? true }.flatMap(\.value)
    }

    /// The functions in each slot of the runtime's tables; none of a program that does not have them.
    private static func tables(
        _ program: String, _ symbols: [(name: String, address: UInt64)], _ build: FirmwareBuild
    ) throws -> [String: [UInt64]] {
        let image = try ProgramImage(Data(contentsOf: URL(fileURLWithPath: "\(build.folder.path)/\(program)")))
        let slots = try build.compile([.init(path: "Counter/slots.c", flags: ["-O2", "-ICRuntime/src"])])[0]
        let sizes = try build.board.compiler.sibling("nm").run(["-S", slots], in: build.folder.path)
        var tables: [String: [UInt64]] = [:]
        for line in sizes.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 4, words[3].hasPrefix("slot_"), let size = UInt64(words[1], radix: 16) else {
                continue
            }
            let slot = words[3].dropFirst(5)
            let table = "nnq_\(slot.prefix { $0 != "_" })_"
            tables[String(slot)] = symbols.filter { $0.name.hasPrefix(table) }.compactMap {
                image.word(at: $0.address + size - 1).map { $0 & ~1 }
            }.filter { $0 != 0 }
        }
        return tables
    }

    /// Names of functions whose address is used other than for a call and other than in the runtime's tables.
    private static func addressesTaken(_ part: String, _ build: FirmwareBuild) throws -> Set<String> {
        let text = try build.board.compiler.sibling("objdump").run(["-r", part], in: build.folder.path)
        var names: Set<String> = []
        var isTable = false
        for line in text.split(separator: "\n") {
            if line.hasPrefix("RELOCATION") {
                isTable = line.contains(".nnq_op_") || line.contains(".nnq_packed_") || line.contains("[.debug")
                continue
            }
            let words = line.split(separator: " ")
            guard !isTable, words.count == 3, words[1].hasPrefix("R_"), !isCall(words[1]) else { continue }
            let name = words[2].prefix { $0 != "+" && $0 != "-" }
            names.insert(String(name.hasPrefix(".text.") ? name.dropFirst(6) : name))
        }
        return names
    }

    private static func isCall(_ relocation: Substring) -> Bool {
        ["CALL", "JUMP", "BRANCH", "PC11", "RVC_", "_JAL"].contains { relocation.contains($0) }
    }

    /// Which object each piece of code comes from, by the linker's map. What is not in the program has address 0 there.
    private static func objects(map: String) -> [(range: Range<UInt64>, name: String)] {
        map.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count >= 3, words[words.count - 1].hasSuffix(".o"),
                let address = hexadecimal(words[words.count - 3]), address > 0,
                let size = hexadecimal(words[words.count - 2]), size > 0
            else { return nil }
            return (address..<address + size, String(words[words.count - 1]))
        }
    }

    private static func hexadecimal(_ word: Substring) -> UInt64? {
        word.hasPrefix("0x") ? UInt64(word.dropFirst(2), radix: 16) : nil
    }
}

/// A linked program's bytes by address: a little-endian 32-bit ELF file.
private struct ProgramImage {
    private let bytes: [UInt8]

    init(_ data: Data) { bytes = [UInt8](data) }

    /// The word at an address, or nil where the program has none.
    func word(at address: UInt64) -> UInt64? {
        let (table, entrySize, count) = (value(28, 4), value(42, 2), value(44, 2))
        for entry in 0..<count {
            let at = table + entry * entrySize
            let (kind, offset, start, size) = (value(at, 4), value(at + 4, 4), value(at + 8, 4), value(at + 16, 4))
            if kind == 1, UInt64(start) <= address, address + 4 <= UInt64(start + size) {
                return UInt64(value(offset + Int(address) - start, 4))
            }
        }
        return nil
    }

    private func value(_ offset: Int, _ count: Int) -> Int {
        guard offset >= 0, offset + count <= bytes.count else { return 0 }
        return (0..<count).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }
}
