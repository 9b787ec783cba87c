// SPDX-License-Identifier: Apache-2.0
// The oracle as an int8 engine.

import NNQFormat
import NNQQuantize
import Oracle

struct OracleRunner: ProgramRunner {
    let program: Program

    func run(_ inputs: [[Int8]], reading tensors: [Int]) throws -> [[Int8]] {
        let all = try Oracle.run(program, inputs: inputs)
        return tensors.map { all[$0] }
    }
}
