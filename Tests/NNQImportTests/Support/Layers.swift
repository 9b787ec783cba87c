// SPDX-License-Identifier: Apache-2.0
// Runs an imported program and shows what each op gives.

import NNQFormat
import NNQImport
import NNQRuntime

/// The input of every bit test: `((31 i + 7) mod 256) - 128`.
func patternInput(_ count: Int) -> [Int8] { (0..<count).map { Int8(truncatingIfNeeded: (31 * $0 + 7) & 255 ^ 128) } }

/// FNV-1a, 32 bits, as eight hexadecimal digits.
func fnv1a(_ values: [Int8]) -> String {
    let hash = values.reduce(0x811C_9DC5 as UInt32) { ($0 ^ UInt32(UInt8(bitPattern: $1))) &* 0x0100_0193 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
}

/// What every op of a program writes, in order, for the first input.
func layers(_ program: Program, _ input: [Int8]) throws -> [[Int8]] {
    let file = try ProgramFile(program).encoded()
    let model = try Int8Model(copying: file)
    var session = Session(model)
    try session.setInput(to: input.span)
    return try program.operations.indices.map { index in
        try session.runStage(index)
        return try session.tensor(program.inputCount + index)
    }
}

/// The program of an int8 model.
func importedProgram(_ bytes: [UInt8]) throws -> Program {
    guard case .int8(let program) = try TFLiteImporter.read(bytes: bytes) else {
        throw ImportError("the model is a float one")
    }
    return program
}
