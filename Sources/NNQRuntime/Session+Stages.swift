// SPDX-License-Identifier: Apache-2.0
// The inside of a model, for tools: tensors and stages one by one.

import CNNQ

extension Int8Model {
    /// The inputs come first, then the states, then the output of each op.
    /// - Throws: `RuntimeError.noSuchIndex`.
    public func tensor(_ index: Int) throws(RuntimeError) -> TensorInfo {
        try info(index, nnq_tensor_info_at)
    }
}

extension Session {
    /// Runs one stage. A run is all stages in order.
    /// - Throws: `RuntimeError.noSuchIndex`.
    public mutating func runStage(_ index: Int) throws(RuntimeError) {
        let count = model.withCore { nnq_stage_op_count($0, Int32(clamping: index)) }
        if count <= 0 { throw .noSuchIndex(index) }
        withCore { nnq_run_stage($0, Int32(index)) }
    }

    /// The bytes of a tensor that the arena holds: all of it, or for a ring its rows held. They are what the stage that
    /// wrote the tensor left, until a later stage reuses its memory.
    /// - Throws: `RuntimeError.noSuchIndex`.
    public func withTensor<Result>(
        _ index: Int, _ body: (Span<Int8>) -> Result
    ) throws(RuntimeError) -> Result {
        let info = try model.tensor(index)
        let count = info.rowsHeld * info.width * info.channels * info.elementBytes
        return withCore { core in
            body(UnsafeBufferPointer(start: nnq_tensor_data(core, Int32(index)), count: count).span)
        }
    }
}
