// SPDX-License-Identifier: Apache-2.0
// The oracle's output of a model on the pattern of tests, as the FNV-1a hash of its first output: OracleHash MODEL.nnq

import NNQFormat
import Oracle

guard CommandLine.arguments.count == 2 else { fatalError("usage: OracleHash MODEL.nnq") }
let program = try ProgramFile(contentsOf: CommandLine.arguments[1]).program
let inputs = program.tensors[0..<program.inputCount - program.stateCount].map { tensor in
    (0..<tensor.byteCount).map { Int8(truncatingIfNeeded: ($0 * 31 + 7) & 255 - 128) }
}
let output = try Oracle.run(program, inputs: inputs)[program.outputs[0]]
let hash = output.reduce(UInt32(0x811C_9DC5)) { ($0 ^ UInt32(UInt8(bitPattern: $1))) &* 0x0100_0193 }
let digits = String(hash, radix: 16)
print(String(repeating: "0", count: 8 - digits.count) + digits)
