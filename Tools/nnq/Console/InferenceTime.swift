// SPDX-License-Identifier: Apache-2.0
// How long one inference takes on this machine.

import NNQFormat
import NNQRuntime

enum InferenceTime {
    /// The median time in microseconds of one inference of a model, by one thread, over some 0.2 s.
    static func median(of program: Program, _ bytes: [UInt8]) throws -> Double {
        let model = try Int8Model(copying: bytes)
        var session = Session(model)
        let zeros = [Int8](repeating: 0, count: program.tensors[0].byteCount)
        var times: [Double] = []
        let start = ContinuousClock.now
        repeat {
            let begin = ContinuousClock.now
            _ = try session.run(zeros)
            times.append((ContinuousClock.now - begin).seconds * 1e6)
        } while ContinuousClock.now - start < .milliseconds(200)
        return times.sorted()[times.count / 2]
    }
}
