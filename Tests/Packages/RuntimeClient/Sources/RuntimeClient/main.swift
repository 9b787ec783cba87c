// SPDX-License-Identifier: Apache-2.0
// Opens a model of one dense op, runs it, and fails unless the answer is the one computed by hand.

import NNQRuntime

/// A file of 128 bytes: filter [[1, 2], [-3, 4]], bias [5, -7], scales 1/8 and 1/16, output zero point 1.
let file: [UInt8] = [
    // Header: magic, version, sizes, checksum, arena, counts.
    0x6E, 0x6E, 0x71, 0x1A, 1, 0, 0, 0, 128, 0, 0, 0, 0x51, 0x79, 0x50, 0x4C, 8, 0, 0, 0,
    2, 0, 1, 0, 1, 0, 1, 1, 16, 0, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0,
    // Tensors: shape, rows held, offset, scale 0.5, zero point 1.
    1, 0, 1, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x3F, 1, 0, 0, 0,
    1, 0, 1, 0, 2, 0, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0x3F, 1, 0, 0, 0,
    // Stage, output, op: dense on tensor 0.
    1, 0, 1, 0, 0, 0, 1, 0, 3, 1, 0, 0, 0x80, 0x7F, 0, 0, 104, 0, 0, 0, 108, 0, 0, 0,
    // Data: filter, biases, multipliers 2^30, shifts 33 and 34.
    1, 2, 0xFD, 4, 5, 0, 0, 0, 0xF9, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0x40, 0, 0, 0, 0x40, 33, 34, 0, 0,
]

let model = try Model(copying: file)
precondition(model.arenaBytes == 8 && model.inputCount == 1)
let input = try model.input()
precondition(input.count == 2 && input.scale == 0.5 && input.zeroPoint == 1)

// 1 + round(55 / 8) and 1 + round(43 / 16).
var session = Session(model)
let answer = try session.run([10, 20])
guard answer == [8, 4] else { fatalError("the answer is \(answer), not [8, 4]") }

do {
    _ = try Model(copying: Array(file.dropLast()))
    fatalError("a truncated file was opened")
} catch .file(.truncated, operation: nil, byte: 8) {
    print("RuntimeClient: \(answer), as computed by hand; a truncated file is refused")
}
