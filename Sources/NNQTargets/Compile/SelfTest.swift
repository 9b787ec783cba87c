// SPDX-License-Identifier: Apache-2.0
// What a generated model is tested with on its target: an input, and the hash of the output that it must give.

import NNQFormat

/// An input and the hash of its outputs, as the runtime computes them on this machine.
struct SelfTest {
    /// Nil for the pattern.
    let inputs: [[Int8]]?
    /// Of all outputs, one after another, in hexadecimal: what `nnq run` prints of a model with one.
    let hash: String

    /// - Throws: `FormatError` where the inputs do not fit the program.
    init(_ file: ProgramFile, inputs: [[Int8]]?) throws {
        let outputs = try ExampleRun(file, inputs: inputs).outputs
        self.inputs = inputs
        hash = fnv1a(outputs.joined().map { UInt8(bitPattern: $0) })
    }
}
