// SPDX-License-Identifier: Apache-2.0
// What a generated model is tested with on its target: an input, and the hash of the output that it must give.

import NNQFormat
import NNQRuntime

/// An input and the hash of its outputs, as the runtime computes them on this machine.
struct SelfTest {
    /// Nil for the pattern.
    let inputs: [[Int8]]?
    let hash: UInt32

    /// - Throws: `FormatError` where the inputs do not fit the program.
    init(_ file: ProgramFile, inputs: [[Int8]]?) throws {
        let program = file.program
        let sizes = program.tensors.prefix(program.inputCount - program.stateCount).map(\.byteCount)
        if let inputs, inputs.map(\.count) != sizes {
            throw FormatError.program(
                "the self-test's inputs have \(inputs.map(\.count)) bytes and the model's \(Array(sizes))")
        }
        self.inputs = inputs
        var session = Session(try Int8Model(copying: try file.encoded()))
        for (index, size) in sizes.enumerated() {
            let input = inputs?[index] ?? Self.pattern(size)
            try session.setInput(index, to: input.span)
        }
        session.run()
        var hash = FNV1a()
        for index in program.outputs.indices {
            session.withOutput(index) { bytes in
                for position in bytes.indices { hash.add(UInt8(bitPattern: bytes[position])) }
            }
        }
        self.hash = hash.value
    }

    /// Byte i is (31 i + 7) mod 256 - 128.
    static func pattern(_ count: Int) -> [Int8] {
        (0..<count).map { Int8(truncatingIfNeeded: 31 * $0 + 7 - 128) }
    }
}

/// The 32-bit hash of Fowler, Noll and Vo, version 1a.
struct FNV1a {
    private(set) var value: UInt32 = 2_166_136_261

    mutating func add(_ byte: UInt8) { value = (value ^ UInt32(byte)) &* 16_777_619 }
}
