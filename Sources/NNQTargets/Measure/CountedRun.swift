// SPDX-License-Identifier: Apache-2.0
// Runs a program on an emulated board under the counting plugin.

import Foundation

/// What a program printed, and what it executed between marks.
package struct CountedRun {
    let lines: [String]
    package let rows: [CountedRow]

    /// - Parameter isMark: the symbols at which rows begin.
    /// - Throws: `TargetError` where a tool is missing or the program fails.
    package init(_ program: String, of build: FirmwareBuild, isMark: (String) -> Bool) throws {
        let (board, folder) = (build.board, build.folder)
        _ = try board.emulator.path()
        try Self.buildPlugin(in: folder)
        let symbols = try build.symbols(of: program)
        func address(_ name: String) throws -> String {
            guard let symbol = symbols.first(where: { $0.name == name }) else { throw TargetError("no symbol \(name)") }
            return String(symbol.address, radix: 16)
        }
        let marks = symbols.filter { isMark($0.name) }.map { "\(String($0.address, radix: 16)) \($0.name)\n" }
        try folder.write(marks.joined(), to: "marks")
        let stack = "\(try address("bss_end"))-\(try address("stack_top"))"
        let isa = board.core == .rv32imac ? "riscv" : "thumb"
        let plugin = "./count.so,out=counts,isa=\(isa),marks=marks,stack=\(stack)"
        let outcome = try board.emulator.call(
            board.emulatorFlags + ["-plugin", plugin, "-kernel", program], in: folder.path)
        lines = outcome.output.split(whereSeparator: \.isNewline).map(String.init)
        guard outcome.status == 0 else {
            throw TargetError("the program fails on \(board.machine): \(outcome.output)")
        }
        rows = try CountedRow.rows(try folder.read("counts"))
    }

    private static func buildPlugin(in folder: BuildFolder) throws {
        try folder.writeEmbedded(under: "Counter/")
        let compiler = Tool(ProcessInfo.processInfo.environment["CC"] ?? "cc", package: "gcc")
        try compiler.run(["-O2", "-shared", "-fPIC", "Counter/count.c", "-o", "count.so"], in: folder.path)
    }
}
