// SPDX-License-Identifier: Apache-2.0
// All trained parameters side by side, and in the same order their gradients and the optimizer's values.

import CTrainKernels
import Foundation
import NNQGraph

/// One long vector of parameters, so that an update is one loop.
final class ParameterArena {
    private let optimizer: Optimizer
    private let trained: [Parameter]
    private let states: [Block]
    private let values: Block
    private let gradients: Block
    /// For each optimizer state, each trained parameter's part.
    private let stateMemories: [[Memory]]
    /// For each trained parameter, where it begins and how many floats it has.
    private let places: [Range<Int>]
    /// Each trained parameter's weight decay; equal ones stand side by side.
    private let decays: [Float]
    private let count: Int

    init(_ parameters: [Parameter], of graph: Graph, options: TrainingOptions, _ device: Device) throws {
        optimizer = options.optimizer
        let all = parameters.filter { $0.gradient != nil }
        let allDecays = all.map { options.weightDecayGroups.decay(of: $0, in: graph, weights: options.weightDecay) }
        let order = all.indices.sorted { (-allDecays[$0], $0) < (-allDecays[$1], $1) }
        trained = order.map { all[$0] }
        decays = order.map { allDecays[$0] }
        let sizes = trained.map { Block.aligned($0.value.storage.byteCount) }
        let total = sizes.reduce(0, +)
        count = total / 4
        values = Block(byteCount: total)
        gradients = Block(byteCount: total)
        states = optimizer.stateNames.map { _ in Block(byteCount: total) }
        var stateMemories = states.map { _ in [Memory]() }
        var places: [Range<Int>] = []
        var offset = 0
        for (parameter, size) in zip(trained, sizes) {
            try parameter.value.storage.place(in: values, at: offset)
            try parameter.gradient!.storage.place(in: gradients, at: offset)
            for index in states.indices {
                let memory = try Memory(parameter.value.layout, device)
                try memory.storage.place(in: states[index], at: offset)
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
        var first = 0
        while first < trained.count {
            let last = decays.lastIndex(of: decays[first])!
            let start = places[first].lowerBound
            optimizer.update(
                floats(values) + start, gradients: floats(gradients) + start, states: states.map { floats($0) + start },
                count: places[last].upperBound - start, rate: rate, decay: decays[first], step: step)
            first = last + 1
        }
    }

    /// Scales all gradients so that together they are no longer than `norm` (Pascanu, Mikolov and Bengio, "On the
    /// difficulty of training recurrent neural networks", 2013). What pads a layout is 0 and adds nothing.
    func clipGradients(to norm: Float) {
        let length = nnq_sum_of_squares(floats(gradients), count).squareRoot()
        if length > Double(norm) { nnq_scale_values(floats(gradients), count, Float(Double(norm) / length)) }
    }

    /// Parameter by parameter; of weights and biases, the step gets `rate` times their own length.
    private func updateEach(rate: Float, step: UInt64) {
        for ((parameter, place), decay) in zip(zip(trained, places), decays) {
            let own = UnsafeMutableBufferPointer(start: floats(values) + place.lowerBound, count: place.count)
            let before = Array(own)
            optimizer.update(
                own.baseAddress!, gradients: floats(gradients) + place.lowerBound,
                states: states.map { floats($0) + place.lowerBound }, count: place.count, rate: rate,
                decay: decay, step: step)
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
