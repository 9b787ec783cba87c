// SPDX-License-Identifier: Apache-2.0
// Moving averages of all parameters and running statistics over the steps.

import CTrainKernels
import NNQGraph

/// An exponential moving average of every parameter (Polyak and Juditsky, 1992; Tarvainen and Valpola, "Mean teachers",
/// 2017): `average = decay * average + (1 - decay) * value` after each step. The first steps use a smaller decay,
/// `(1 + step) / (10 + step)`, so that the start is forgotten.
final class ParameterAverages {
    private let decay: Float
    private let parameters: [Parameter]
    private let memories: [Memory]

    init(_ parameters: [Parameter], decay: Float, _ device: Device) throws {
        self.decay = decay
        self.parameters = parameters
        memories = try parameters.map { try Memory($0.value.layout, device) }
        let sizes = memories.map { Block.aligned($0.storage.byteCount) }
        let block = Block(byteCount: sizes.reduce(0, +))
        var offset = 0
        for (memory, size) in zip(memories, sizes) {
            try memory.storage.place(in: block, at: offset)
            offset += size
        }
    }

    /// Starts from the values as they are.
    func restart() {
        for (memory, parameter) in zip(memories, parameters) {
            memory.floats.update(from: parameter.value.floats, count: memory.storedCount)
        }
    }

    /// Takes in the values after a step; `step` counts from 1.
    func update(step: UInt64) {
        let start = (1 + Float(step)) / (10 + Float(step))
        for (memory, parameter) in zip(memories, parameters) {
            nnq_move_towards(memory.floats, parameter.value.floats, memory.storedCount, 1 - min(decay, start))
        }
    }

    /// The averages by the parameters' names.
    func read() throws -> [String: Tensor] {
        try Dictionary(uniqueKeysWithValues: zip(parameters, memories).map { ($0.name, try $0.read($1)) })
    }

    /// - Throws: `TrainError` where one is missing or has another shape.
    func write(_ tensors: [String: Tensor]) throws {
        for (parameter, memory) in zip(parameters, memories) {
            guard let tensor = tensors[parameter.name], tensor.shape == parameter.shape else {
                throw TrainError("the checkpoint lacks the average of '\(parameter.name)': start anew")
            }
            try parameter.write(tensor, to: memory)
        }
    }
}
