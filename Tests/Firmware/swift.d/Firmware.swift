// SPDX-License-Identifier: Apache-2.0
// A firmware in Embedded Swift, without a heap: runs a model on one input after another and prints its outputs in
// hexadecimal, a line for each input.

import CFirmware
import NNQRuntime

@main
struct Firmware {
    static func main() {
        do {
            let file = UnsafeRawBufferPointer(start: firmware_model(), count: firmware_model_size())
            let arena = UnsafeMutableRawBufferPointer(start: firmware_arena(), count: firmware_arena_size())
            let model = try Int8Model(unowned: file)
            var session = try Session(model, unownedArena: arena)
            while readInput(&session) {
                session.run()
                session.withOutput { write($0) }
                write("\n")
            }
        } catch {
            report(error)
            board_exit(1)
        }
    }

    /// The next input; false where there is none.
    private static func readInput(_ session: inout Session) -> Bool {
        session.withInput { input in
            input.withUnsafeMutableBytes { console_read($0.baseAddress, $0.count) != 0 }
        }
    }

    /// A literal, which is UTF-8 in flash with a zero at its end.
    private static func write(_ text: StaticString) {
        console_write(UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self))
    }

    private static func write(_ output: Span<Int8>) {
        for index in output.indices {
            let byte = UInt8(bitPattern: output[index])
            write(hexadecimal: byte >> 4)
            write(hexadecimal: byte & 15)
        }
    }

    private static func write(hexadecimal digit: UInt8) {
        var text = (CChar(digit < 10 ? 48 + digit : 87 + digit), CChar(0))
        withUnsafeBytes(of: &text) { console_write($0.baseAddress!.assumingMemoryBound(to: CChar.self)) }
    }

    private static func report(_ error: RuntimeError) {
        switch error {
        case .file(let fault, _, let byte):
            write("the file is refused: error ")
            console_number(UInt32(-fault.rawValue))
            write(" at byte ")
            console_number(UInt32(byte))
        case .misaligned: write("the model or the arena is not aligned")
        case .arenaTooSmall: write("the arena is too small")
        case .wrongCount, .noSuchIndex: write("the model has another input")
        }
        write("\n")
    }
}
