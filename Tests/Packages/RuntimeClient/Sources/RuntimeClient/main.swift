// SPDX-License-Identifier: Apache-2.0
// Opens a model of one dense op, runs it, and fails unless the answer is the one computed by hand.

import NNQRuntime

/// A file of 108 bytes: filter [[1, 2], [-3, 4]], bias [5, -7], scales 1/8 and 1/16, output zero point 1.
let file: [UInt8] = [
    // Header: magic, version, sizes, checksum, arena, counts.
    0x6E, 0x6E, 0x71, 0x1A, 2, 0, 0, 0, 0x6C, 0, 0, 0, 0x92, 0x86, 0x42, 0xD8, 8, 0, 0, 0,
    2, 0, 1, 0, 0, 0, 1, 1, 0x0D, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0, 0,
    // Tensors: shape, zero point 1, type, offset, scale 0.5.
    1, 0, 1, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x3F,
    1, 0, 1, 0, 2, 0, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0x3F,
    // Output, op: dense on tensor 0, packed records with shift 33 and up.
    1, 0, 3, 1, 0, 0, 0x80, 0x7F, 0, 0, 0x21, 0x58, 0, 0, 0, 0,
    // Data: filter, biases, multiplier 2^30 with shifts 33 and 34.
    1, 2, 0xFD, 4, 5, 0, 0, 0, 0xF9, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0x40,
]

/// The answer of the model to an input.
func answer(_ input: [Int8]) throws -> [Int8] {
    let model = try Int8Model(copying: file)
    let info = try model.input()
    guard model.arenaBytes == 8, info.count == 2, info.scale == 0.5, info.zeroPoint == 1 else {
        fatalError("the model is not the one in the file")
    }
    var session = Session(model)
    return try session.run(input)
}

/// Why a file is refused.
func refusal(_ file: [UInt8]) -> RuntimeError? {
    do throws(RuntimeError) {
        _ = try Int8Model(copying: file)
        return nil
    } catch {
        return error
    }
}

// 1 + round(55 / 8) and 1 + round(43 / 16).
let found = try answer([10, 20])
guard found == [8, 4] else { fatalError("the answer is \(found), not [8, 4]") }
guard let error = refusal(file.dropLast()), error == .file(.truncated, operation: nil, byte: 8) else {
    fatalError("a truncated file was not refused as one")
}
print("RuntimeClient: \(found), as computed by hand; a truncated file: \(error)")
