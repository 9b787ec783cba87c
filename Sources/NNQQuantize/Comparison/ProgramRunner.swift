// SPDX-License-Identifier: Apache-2.0
// What comparison needs of an int8 engine.

/// Runs an int8 program, sample by sample, and shows its inside.
public protocol ProgramRunner: ~Copyable {
    /// Runs one sample.
    /// - Parameters:
    ///   - inputs: one for each input of the program that is no state, NHWC; of another type than int8, its bytes.
    ///   - tensors: indices of the tensors to return, in the program's order.
    /// - Returns: the value that each of them had once its op had run.
    mutating func run(_ inputs: [[Int8]], reading tensors: [Int]) throws -> [[Int8]]
}
