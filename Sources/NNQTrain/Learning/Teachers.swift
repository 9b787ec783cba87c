// SPDX-License-Identifier: Apache-2.0
// All networks that one learns from, as one.

import NNQGraph

/// Teachers that answer together, with the mean of their logits.
final class Teachers {
    private let teachers: [Teacher]
    private let means: UnsafeMutableBufferPointer<Float>

    /// - Throws: `TrainError` where a teacher and the student do not fit.
    init(_ models: [Model], for student: Model, outputs: Int, batch: Int, threads: Int) throws {
        teachers = try models.enumerated().map { index, model in
            let title = models.count == 1 ? "the teacher" : "teacher \(index + 1)"
            return try Teacher(model, title, for: student, outputs: outputs, batch: batch, threads: threads)
        }
        means = .allocate(capacity: batch * outputs)
        means.initialize(repeating: 0)
    }

    deinit { means.deallocate() }

    /// The mean logits for a batch as the student sees it, `[batch, outputs]`; valid until the next call.
    func logits(_ batch: UnsafeMutableBufferPointer<Float>) throws -> UnsafePointer<Float> {
        let share = 1 / Float(teachers.count)
        means.update(repeating: 0)
        for teacher in teachers {
            let logits = try teacher.logits(batch)
            for index in means.indices { means[index] += share * logits[index] }
        }
        return UnsafePointer(means.baseAddress!)
    }
}
