// SPDX-License-Identifier: Apache-2.0
// All trained parameters side by side, and in the same order their gradients and the optimizer's values.

import Foundation
import NNQGraph

/// One long vector of parameters, so that an update is one loop.
final class ParameterArena {
    private let optimizer: Optimizer
    private let weightDecay: Float
    private let trained: [Parameter]
    private let states: [Block]
    private let values: Block
    private let gradients: Block
    /// For each optimizer state, each trained parameter's part.
    private let stateMemories: [[Memory]]
    /// For each trained parameter, where it begins and how many floats it has.
    private let places: [Range<Int>]
    /// Floats at the start that weight decay acts on.
    private let decayingCount: Int
    private let count: Int

    init(_ parameters: [Parameter], optimizer: Optimizer, weightDecay: Float, _ device: Device) throws {
        self.optimizer = optimizer
        self.weightDecay = weightDecay
        let all = parameters.filter { $0.gradient != nil }
        trained = all.filter(\.decays) + all.filter { !$0.decays }
        let sizes = trained.map { Block.aligned($0.value.storage.byteCount) }
        let total = sizes.reduce(0, +)
        decayingCount = zip(trained, sizes).reduce(0) { $0 + ($1.0.decays ? $1.1 : 0) } / 4
        count = total / 4
        values = Block(byteCount: total)
        gradients = Block(byteCount: total)
        states = optimizer.stateNames.map { _ in Block(byteCount: total) }
        var stateMemories = states.map { _ in [Memory]() }
        var places: [Range<Int>] = []
        var offset = 0
        for (parameter, size) in zip(trained, sizes) {
            try parameter.value.storage.place(at: values.base + offset)
            try parameter.gradient!.storage.place(at: gradients.base + offset)
            for index in states.indices {
                let memory = try Memory(parameter.value.layout, device)
                try memory.storage.place(at: states[index].base + offset)
                stateMemories[index].append(memory)
            }
            places.append(offset / 4..<(offset + size) / 4)
            offset += size
        }
        self.places = places
        self.stateMemories = stateMemories
    }

    /// One step of the optimizer; `step` counts from 1.
    func update(rate: Float, step: UInt64) {
        if optimizer.kind == .lamb { return updateEach(rate: rate, step: step) }
        for (start, end, decay) in [(0, decayingCount, weightDecay), (decayingCount, count, 0)] where end > start {
            optimizer.update(
                floats(values) + start, gradients: floats(gradients) + start, states: states.map { floats($0) + start },
                count: end - start, rate: rate, decay: decay, step: step)
        }
    }

    /// Parameter by parameter; of weights and biases, the step gets `rate` times their own length.
    private func updateEach(rate: Float, step: UInt64) {
        for (parameter, place) in zip(trained, places) {
            let own = UnsafeMutableBufferPointer(start: floats(values) + place.lowerBound, count: place.count)
            let before = Array(own)
            optimizer.update(
                own.baseAddress!, gradients: floats(gradients) + place.lowerBound,
                states: states.map { floats($0) + place.lowerBound }, count: place.count, rate: rate,
                decay: parameter.decays ? weightDecay : 0, step: step)
            let length = before.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            let moved = zip(own, before).reduce(0) { $0 + pow(Double($1.0 - $1.1), 2) }.squareRoot()
            guard parameter.hasLength, length > 0, moved > 0 else { continue }
            let factor = Float(Double(rate) * length / moved)
            for (index, old) in before.enumerated() { own[index] = old + factor * (own[index] - old) }
        }
    }

    private func floats(_ block: Block) -> UnsafeMutablePointer<Float> {
        block.base.assumingMemoryBound(to: Float.self)
    }

    /// The optimizer's values, each under `state.parameter`.
    func readStates() throws -> [String: Tensor] {
        var tensors: [String: Tensor] = [:]
        for (name, memories) in zip(optimizer.stateNames, stateMemories) {
            for (parameter, memory) in zip(trained, memories) {
                tensors["\(name).\(parameter.name)"] = try parameter.read(memory)
            }
        }
        return tensors
    }

    /// - Throws: `TrainError` where one is missing or has another shape.
    func writeStates(_ tensors: [String: Tensor]) throws {
        for (name, memories) in zip(optimizer.stateNames, stateMemories) {
            for (parameter, memory) in zip(trained, memories) {
                guard let tensor = tensors["\(name).\(parameter.name)"], tensor.shape == parameter.shape else {
                    throw TrainError("the checkpoint lacks the optimizer's \(name) of '\(parameter.name)': start anew")
                }
                try parameter.write(tensor, to: memory)
            }
        }
    }
}
