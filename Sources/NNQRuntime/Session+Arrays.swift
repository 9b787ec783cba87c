// SPDX-License-Identifier: Apache-2.0
// Models and sessions with arrays, for programs that have a heap.

import CNNQ

#if !hasFeature(Embedded)
    extension Int8Model {
        /// Opens a copy of the bytes of a file.
        /// - Throws: `RuntimeError.file` where the file is refused.
        public init(copying bytes: [UInt8]) throws(RuntimeError) {
            try self.init(copying: bytes.span)
        }

        /// The ops of each stage, in order.
        public var operationsByStage: [Int] {
            var counts: [Int] = []
            withCore { core in
                while case let count = nnq_stage_op_count(core, Int32(counts.count)), count > 0 {
                    counts.append(Int(count))
                }
            }
            return counts
        }
    }

    extension Session {
        /// One inference of a model with one input: sets it, runs, and gives the first output.
        /// - Throws: `RuntimeError.wrongCount`.
        public mutating func run(_ input: [Int8]) throws(RuntimeError) -> [Int8] {
            try setInput(to: input.span)
            run()
            return output()
        }

        /// A copy of an output, in NHWC order.
        /// - Precondition: the model has an output `index`.
        public func output(_ index: Int = 0) -> [Int8] { withOutput(index) { $0.copied() } }

        /// A copy of a tensor; see `withTensor`.
        /// - Throws: `RuntimeError.noSuchIndex`.
        public func tensor(_ index: Int) throws(RuntimeError) -> [Int8] {
            try withTensor(index) { $0.copied() }
        }
    }

    extension Span where Element == Int8 {
        fileprivate func copied() -> [Int8] {
            [Int8](unsafeUninitializedCapacity: count) { buffer, written in
                for index in indices { buffer.initializeElement(at: index, to: self[index]) }
                written = count
            }
        }
    }
#endif
