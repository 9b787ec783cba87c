// SPDX-License-Identifier: Apache-2.0
// Rounding of sums of two tensors, of functions of one value, and of means whose windows leave the map.

import CTrainKernels
import NNQArithmetic
import NNQFormat
import NNQGraph

extension Compiler {
    func emitSum(_ rounding: Rounding, signs: [Int]) throws -> Bool {
        let inputs = graph.nodes[rounding.node].inputs
        guard inputs.allSatisfy({ shapes[$0] == shapes[rounding.node] }), let a = scales[inputs[0]],
            let b = scales[inputs[1]]
        else { return false }
        let (value, output) = (rounding.value, rounding.output)
        let left = try aligned(self.value(inputs[0]), with: value, rounding.name)
        let right = try aligned(self.value(inputs[1]), with: value, rounding.name)
        let memories = a.memories + b.memories + rounding.scale.memories + [left, right, value, output]
        emit("\(rounding.name) rounding", touching: memories) {
            let (first, second, result) = (a.quantization, b.quantization, rounding.scale.quantization)
            let limits = rounding.limits(result)
            guard let sum = SumArithmetic(inputs: [first, second], signs: signs, output: result) else {
                // The lowering takes another scale.
                let zero = Int(result.zeroPoint)
                let steps = nnq_steps(
                    low: Float(limits.lowerBound - zero), high: Float(limits.upperBound - zero),
                    log2_scale: rounding.scale.memories[0].floats)
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

    func emitTable(_ rounding: Rounding, _ function: Activation) throws -> Bool {
        let source = graph.nodes[rounding.node].inputs[0]
        guard let input = scales[source] else { return false }
        let output = rounding.output
        let values = try aligned(value(source), with: rounding.value, rounding.name)
        let memories = input.memories + rounding.scale.memories + [values, output]
        emit("\(rounding.name) rounding", touching: memories) {
            let (from, to) = (input.quantization, rounding.scale.quantization)
            let table = Tables.values(of: function, input: from, output: to).map(to.dequantize)
            nnq_look_up(
                output.floats, values.floats, values.storedCount, table, from.scale, Int32(from.zeroPoint))
            output.clearPadding()
        }
        return true
    }

    /// A mean has as many elements as its window has inside of the map: factors by place instead of by channel.
    func emitPaddedPool(_ rounding: Rounding, _ window: Window) -> Bool {
        let source = graph.nodes[rounding.node].inputs[0]
        let (value, output) = (rounding.value, rounding.output)
        guard let input = scales[source], let pixels = value.layout.pixels else { return false }
        let counts = window.elementCounts(input: shapes[source], output: shapes[rounding.node])
        let lanes = pixels.channels
        let rescale = ChannelRescale(count: counts.count * lanes)
        let places = PixelLayout(planes: value.storedCount / lanes, channels: lanes, isBlocked: true)
        let memories = input.memories + rounding.scale.memories + [value, output]
        emit("\(rounding.name) rounding", touching: memories) {
            let (from, to) = (input.quantization, rounding.scale.quantization)
            let limits = rounding.limits(to)
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
