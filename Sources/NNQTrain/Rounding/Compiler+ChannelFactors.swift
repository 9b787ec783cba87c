// SPDX-License-Identifier: Apache-2.0
// Rounding where each channel has a factor: layers of weights, means, and what a concat joins.

import NNQArithmetic
import NNQFormat
import NNQGraph

/// How the channels of one tensor get their factors, and what these depend on.
struct ChannelFactors {
    let channels: Int
    let memories: [Memory]
    /// Fills them in for a tensor that begins at some channel of the output.
    let fill: (ChannelRescale, Int, Quantization) -> Void
}

extension Compiler {
    func emitChannels(_ rounding: Rounding) -> Bool {
        guard let factors = factors(rounding.node, rounding.clamp),
            let pixels = rounding.value.layout.pixels ?? rounding.value.layout.rows
        else { return false }
        let blocks = (factors.channels + pixels.channels - 1) / pixels.channels
        let rescale = ChannelRescale(count: blocks * pixels.channels)
        let memories = factors.memories + rounding.scale.memories + [rounding.value, rounding.output]
        emit("\(rounding.name) rounding", touching: memories) {
            let quantization = rounding.scale.quantization
            factors.fill(rescale, 0, quantization)
            for channel in factors.channels..<rescale.count { rescale.setPadding(channel, quantization) }
            rescale.run(rounding.output, rounding.value, pixels, quantization)
        }
        return true
    }

    private func factors(_ node: Int, _ clamp: Activation?) -> ChannelFactors? {
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
}

extension Layout {
    /// A matrix as pixels of all its columns; nil where it is none.
    fileprivate var rows: PixelLayout? {
        guard rank == 2, coincides(with: Layout(rowMajor: dimensions)) else { return nil }
        return PixelLayout(planes: dimensions[0], channels: dimensions[1], isBlocked: false)
    }
}
