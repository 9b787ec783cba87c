// SPDX-License-Identifier: Apache-2.0
// One inference on this machine, to say what a board will print.

import NNQFormat
import NNQRuntime

struct ExampleRun {
    let inputs: [[Int8]]
    let outputs: [[Int8]]

    /// - Throws: `FormatError` where the inputs do not fit the program.
    init(_ file: ProgramFile, inputs: [[Int8]]?) throws {
        let program = file.program
        let sizes = program.tensors.prefix(program.inputCount - program.stateCount).map(\.byteCount)
        if let inputs, inputs.map(\.count) != sizes {
            throw FormatError.program("the inputs have \(inputs.map(\.count)) bytes and the model's \(Array(sizes))")
        }
        self.inputs = inputs ?? sizes.map(Self.pattern)
        var session = Session(try Int8Model(copying: try file.encoded()))
        for (index, input) in self.inputs.enumerated() { try session.setInput(index, to: input.span) }
        session.run()
        outputs = program.outputs.indices.map { session.output($0) }
    }

    /// Byte i is (31 i + 7) mod 256 - 128.
    static func pattern(_ count: Int) -> [Int8] {
        (0..<count).map { Int8(truncatingIfNeeded: 31 * $0 + 7 - 128) }
    }
}
