// SPDX-License-Identifier: Apache-2.0
// Runs a program in the C runtime, through the planner, the writer and the wrapper.

import NNQFormat
import NNQRuntime

/// What the C runtime makes of a program, by output.
func runInC(_ program: Program, inputs: [[Int8]]) throws -> [[Int8]] {
    var session = Session(try Int8Model(copying: try ProgramFile(program).encoded()))
    for (index, values) in inputs.enumerated() { try session.setInput(index, to: values.span) }
    session.run()
    return program.outputs.indices.map { session.output($0) }
}
