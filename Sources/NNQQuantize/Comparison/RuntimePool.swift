// SPDX-License-Identifier: Apache-2.0
// The C runtime as an int8 engine on several threads.

import Foundation
import NNQFormat
import Synchronization

/// Runs a .nnq file on many samples at a time, one session a thread.
public final class RuntimePool {
    private final class Box {
        var runner: RuntimeRunner
        init(_ file: [UInt8]) throws { runner = try RuntimeRunner(file) }
    }

    private let boxes: [Box]

    /// - Parameters:
    ///   - file: the bytes of a .nnq file.
    ///   - threads: 0 takes one for each processor. A program that remembers things from run to run gets one thread.
    /// - Throws: `RuntimeError` where the runtime refuses the file.
    public init(_ file: [UInt8], of program: Program, threads: Int = 0) throws {
        let wanted = threads > 0 ? threads : ProcessInfo.processInfo.activeProcessorCount
        boxes = try (0..<(program.stateCount > 0 ? 1 : wanted)).map { _ in try Box(file) }
    }

    /// Runs `count` samples.
    /// - Parameters:
    ///   - tensors: indices of the tensors to return.
    ///   - inputs: gives the inputs of a sample; called by several threads.
    /// - Returns: by sample, by tensor asked for.
    /// - Throws: as `RuntimeRunner.run`.
    public func run(
        _ count: Int, reading tensors: [Int], inputs: @Sendable (Int) -> [[Int8]]
    ) throws -> [[[Int8]]] {
        let parts = Mutex<[Int: Result<[[[Int8]]], any Error>]>([:])
        // Sendable: each thread takes another box.
        nonisolated(unsafe) let boxes = boxes
        DispatchQueue.concurrentPerform(iterations: boxes.count) { part in
            let samples = part * count / boxes.count..<(part + 1) * count / boxes.count
            let result = Result { try samples.map { try boxes[part].runner.run(inputs($0), reading: tensors) } }
            parts.withLock { $0[part] = result }
        }
        return try parts.withLock { try $0.sorted { $0.key < $1.key }.flatMap { try $0.value.get() } }
    }
}
