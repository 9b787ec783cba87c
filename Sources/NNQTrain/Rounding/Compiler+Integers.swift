// SPDX-License-Identifier: Apache-2.0
// Rounding as the runtime rounds: with its multipliers and shifts, so that what is trained is what runs.
//
// Exact for layers of weights, sums and differences of two tensors of one shape, average pools, functions of one value,
// and concats of channels. Other layers' values are rounded to the nearest step.

import CTrainKernels
import NNQArithmetic
import NNQFormat
import NNQGraph

/// How the channels of one tensor get their factors, and what these depend on.
private struct ChannelFactors {
    let channels: Int
    let memories: [Memory]
    /// Fills them in for a tensor that begins at some channel of the output.
    let fill: (ChannelRescale, Int, Quantization) -> Void
}

extension Compiler {
    /// Emits the step that rounds a node's value as the runtime does.
    /// - Returns: false where it is not known how.
    func emitIntegers(_ index: Int, _ value: Memory, into output: Memory, _ scale: TensorScale) throws -> Bool {
        let (node, clamp) = operation(behind: index)
        switch graph.nodes[node].layer {
        case .add: return try emitSum(index, node, signs: [1, 1], clamp, value, output, scale)
        case .binary(.subtract): return try emitSum(index, node, signs: [1, -1], clamp, value, output, scale)
        case .activation(let function): return try emitTable(index, function, value, output, scale)
        case .averagePool(let window) where window.margins(for: shapes[graph.nodes[node].inputs[0]]) != .zero:
            return emitPaddedPool(index, node, window, clamp, value, output, scale)
        default:
            guard let factors = factors(index, node, clamp) else { return false }
            return emitChannels(index, factors, value, output, scale)
        }
    }

    /// The node that computes what `index` rounds, and the function that only clamps it.
    private func operation(behind index: Int) -> (node: Int, clamp: Activation?) {
        guard case .activation(let function) = graph.nodes[index].layer, function.isClamp,
            let input = graph.nodes[index].inputs.first, scales[input] == nil
        else { return (index, nil) }
        return (input, function)
    }

    // MARK: By channel

    private func factors(_ index: Int, _ node: Int, _ clamp: Activation?) -> ChannelFactors? {
        guard case .concat(let axis) = graph.nodes[node].layer else { return ownFactors(node, clamp) }
        let shape = shapes[node]
        guard shape.axis(axis ?? -1) == shape.rank - 1 else { return nil }
        var parts: [ChannelFactors] = []
        for input in graph.nodes[node].inputs {
            let (source, clamp) = operation(behind: maximum(behind: input))
            parts.append(
                scales[input].map { copied(input, $0) } ?? ownFactors(source, clamp) ?? nearest(input, clamp))
        }
        return ChannelFactors(channels: shape.channels, memories: parts.flatMap(\.memories)) { rescale, first, output in
            var first = first
            for part in parts {
                part.fill(rescale, first, output)
                first += part.channels
            }
        }
    }

    /// The node whose values a node chooses among: rounding and maximum commute.
    private func maximum(behind index: Int) -> Int {
        switch graph.nodes[index].layer {
        case .maxPool, .globalMaxPool: maximum(behind: graph.nodes[index].inputs[0])
        default: index
        }
    }

    private func nearest(_ node: Int, _ clamp: Activation?) -> ChannelFactors {
        let channels = shapes[node].channels
        return ChannelFactors(channels: channels, memories: []) { rescale, first, output in
            let limits = clamp?.limits(output) ?? -128...127
            for channel in first..<first + channels { rescale.setNearest(channel, output, limits) }
        }
    }

    private func ownFactors(_ node: Int, _ clamp: Activation?) -> ChannelFactors? {
        if let sums = sums[node] { return scaled(sums, clamp) }
        switch graph.nodes[node].layer {
        case .averagePool(let window) where window.margins(for: shapes[graph.nodes[node].inputs[0]]) == .zero:
            return averaged(node, elements: window.kernel.height * window.kernel.width, clamp)
        case .globalAveragePool:
            let input = shapes[graph.nodes[node].inputs[0]]
            return averaged(node, elements: input.height * input.width, clamp)
        default: return nil
        }
    }

    private func scaled(_ sums: IntegerSums, _ clamp: Activation?) -> ChannelFactors {
        ChannelFactors(channels: sums.channels, memories: sums.memories) { rescale, first, output in
            let limits = clamp?.limits(output) ?? -128...127
            let units = (0..<sums.channels).map(sums.unit)
            let factors = units.map { $0 / Double(output.scale) }
            let preShift = FixedPointFactor.preShift(for: factors)
            for (channel, factor) in factors.enumerated() {
                guard let preShift else {
                    rescale.setNearest(first + channel, output, limits)
                    continue
                }
                let fixed = FixedPointFactor(factor, preShift: preShift)
                rescale.setSums(
                    first + channel, unit: units[channel], multiplier: fixed.multiplier, shift: Int(fixed.shift),
                    preShift: preShift, output, limits)
            }
        }
    }

    private func averaged(_ node: Int, elements: Int, _ clamp: Activation?) -> ChannelFactors? {
        guard let input = scales[graph.nodes[node].inputs[0]] else { return nil }
        let channels = shapes[node].channels
        return ChannelFactors(channels: channels, memories: input.memories) { rescale, first, output in
            let limits = clamp?.limits(output) ?? -128...127
            let quantization = input.quantization
            let mean = PoolArithmetic(input: quantization, output: output, elements: elements, isPadded: false)
            for channel in first..<first + channels {
                guard let mean else {
                    rescale.setNearest(channel, output, limits)
                    continue
                }
                rescale.setSums(
                    channel, unit: Double(quantization.scale) / Double(elements), multiplier: mean.multipliers[0],
                    shift: mean.shift, preShift: mean.preShift, output, limits)
            }
        }
    }

    private func copied(_ node: Int, _ scale: TensorScale) -> ChannelFactors {
        let channels = shapes[node].channels
        return ChannelFactors(channels: channels, memories: scale.memories) { rescale, first, output in
            let input = scale.quantization
            let copy = Rescale(from: input, to: output)
            for channel in first..<first + channels {
                guard let copy else {
                    rescale.setNearest(channel, output, -128...127)
                    continue
                }
                rescale.setCopy(channel, from: input, by: copy)
            }
        }
    }

    private func emitChannels(
        _ index: Int, _ factors: ChannelFactors, _ value: Memory, _ output: Memory, _ scale: TensorScale
    ) -> Bool {
        guard let pixels = value.layout.pixels ?? value.layout.rows else { return false }
        let blocks = (factors.channels + pixels.channels - 1) / pixels.channels
        let rescale = ChannelRescale(count: blocks * pixels.channels)
        let memories = factors.memories + scale.memories + [value, output]
        emit("\(graph.nodes[index].name) rounding", touching: memories) {
            let quantization = scale.quantization
            factors.fill(rescale, 0, quantization)
            for channel in factors.channels..<rescale.count { rescale.setPadding(channel, quantization) }
            rescale.run(output, value, pixels, quantization)
        }
        return true
    }

    /// A mean has as many elements as its window has inside of the map: factors by place instead of by channel.
    private func emitPaddedPool(
        _ index: Int, _ node: Int, _ window: Window, _ clamp: Activation?, _ value: Memory, _ output: Memory,
        _ scale: TensorScale
    ) -> Bool {
        let source = graph.nodes[node].inputs[0]
        guard let input = scales[source], let pixels = value.layout.pixels else { return false }
        let counts = window.elementCounts(input: shapes[source], output: shapes[node])
        let lanes = pixels.channels
        let rescale = ChannelRescale(count: counts.count * lanes)
        let places = PixelLayout(planes: value.storedCount / lanes, channels: lanes, isBlocked: true)
        emit("\(graph.nodes[index].name) rounding", touching: input.memories + scale.memories + [value, output]) {
            let (from, to) = (input.quantization, scale.quantization)
            let limits = clamp?.limits(to) ?? -128...127
            let mean = PoolArithmetic(
                input: from, output: to, elements: window.kernel.height * window.kernel.width, isPadded: true)
            for place in 0..<rescale.count {
                let count = counts[place / lanes]
                guard let mean else {
                    rescale.setNearest(place, to, limits)
                    continue
                }
                rescale.setSums(
                    place, unit: Double(from.scale) / Double(count), multiplier: mean.multipliers[count - 1],
                    shift: mean.shift, preShift: mean.preShift, to, limits)
            }
            rescale.run(output, value, places, to)
            output.clearPadding()
        }
        return true
    }

    // MARK: Sums and functions

    private func emitSum(
        _ index: Int, _ node: Int, signs: [Int], _ clamp: Activation?, _ value: Memory, _ output: Memory,
        _ scale: TensorScale
    ) throws -> Bool {
        let inputs = graph.nodes[node].inputs
        guard inputs.allSatisfy({ shapes[$0] == shapes[node] }), let a = scales[inputs[0]], let b = scales[inputs[1]]
        else { return false }
        let name = graph.nodes[index].name
        let left = try aligned(self.value(inputs[0]), with: value, name)
        let right = try aligned(self.value(inputs[1]), with: value, name)
        let (low, high) = (-128, 127)
        emit("\(name) rounding", touching: a.memories + b.memories + scale.memories + [left, right, value, output]) {
            let (first, second, result) = (a.quantization, b.quantization, scale.quantization)
            let limits = clamp?.limits(result) ?? low...high
            guard let sum = SumArithmetic(inputs: [first, second], signs: signs, output: result) else {
                let zero = Int(result.zeroPoint)
                let steps = nnq_steps(
                    low: Float(limits.lowerBound - zero), high: Float(limits.upperBound - zero),
                    log2_scale: scale.memories[0].floats)
                return nnq_fake_quantize(output.floats, value.floats, value.storedCount, steps)
            }
            var terms = nnq_sum()
            (terms.inverse_a, terms.inverse_b) = (1 / Double(first.scale), 1 / Double(second.scale))
            (terms.multiplier_a, terms.multiplier_b) = (sum.multipliers[0], sum.multipliers[1])
            terms.addend =
                Int64(sum.constant) + Int64(first.zeroPoint) * Int64(sum.multipliers[0])
                + Int64(second.zeroPoint) * Int64(sum.multipliers[1])
            terms.shift = Int32(sum.shift)
            (terms.low, terms.high) = (Int32(limits.lowerBound), Int32(limits.upperBound))
            nnq_add_integers(
                output.floats, left.floats, right.floats, value.storedCount, &terms, result.scale,
                Int32(result.zeroPoint))
        }
        return true
    }

    private func emitTable(
        _ index: Int, _ function: Activation, _ value: Memory, _ output: Memory, _ scale: TensorScale
    ) throws -> Bool {
        let source = graph.nodes[index].inputs[0]
        guard let input = scales[source] else { return false }
        let name = graph.nodes[index].name
        let values = try aligned(self.value(source), with: value, name)
        emit("\(name) rounding", touching: input.memories + scale.memories + [values, output]) {
            let (from, to) = (input.quantization, scale.quantization)
            let table = Tables.values(of: function, input: from, output: to).map(to.dequantize)
            nnq_look_up(
                output.floats, values.floats, values.storedCount, table, from.scale, Int32(from.zeroPoint))
            output.clearPadding()
        }
        return true
    }
}

extension Memory {
    /// Zeroes what fills the last block of channels up.
    fileprivate func clearPadding() {
        guard layout.isPadded, let pixels = layout.pixels else { return }
        let blocks = (layout.dimensions[1] + pixels.channels - 1) / pixels.channels
        let used = layout.dimensions[1] - (blocks - 1) * pixels.channels
        let count = storedCount / pixels.planes
        for plane in stride(from: blocks - 1, to: pixels.planes, by: blocks) {
            for pixel in stride(from: plane * count, to: (plane + 1) * count, by: pixels.channels) {
                (floats + pixel + used).update(repeating: 0, count: pixels.channels - used)
            }
        }
    }
}

extension Window {
    /// For each place of the output, the elements of its window that lie inside of the map.
    fileprivate func elementCounts(input: Shape, output: Shape) -> [Int] {
        let margins = margins(for: input)
        func counts(_ places: Int, _ stride: Int, _ kernel: Int, _ before: Int, _ extent: Int) -> [Int] {
            (0..<places).map { place in
                let first = place * stride - before
                return min(first + kernel, extent) - max(first, 0)
            }
        }
        let rows = counts(output.height, stride.height, kernel.height, margins.top, input.height)
        let columns = counts(output.width, stride.width, kernel.width, margins.left, input.width)
        return rows.flatMap { row in columns.map { row * $0 } }
    }
}

extension Layout {
    /// A matrix as pixels of all its columns; nil where it is none.
    fileprivate var rows: PixelLayout? {
        guard rank == 2, coincides(with: Layout(rowMajor: dimensions)) else { return nil }
        return PixelLayout(planes: dimensions[0], channels: dimensions[1], isBlocked: false)
    }
}
