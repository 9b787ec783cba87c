// SPDX-License-Identifier: Apache-2.0
// Tensors and weights rounded to whole steps of learned scales.

import CTrainKernels
import NNQGraph

/// A layer's weights in whole steps of their scales.
struct RoundedFilter {
    let value: Memory
    /// The same in steps.
    let integers: Memory
    /// By output channel.
    let log2Scale: Memory
}

/// A rounded tensor, and what emits the backward step: from the gradient of `output` to that of what was rounded.
struct FakeQuantized {
    let output: Memory
    /// Nil of 16 bits, on which no integers are known.
    let scale: TensorScale?
    let backward: (Memory) throws -> Memory
}

extension Compiler {
    /// Rounds a node's value to integers within limits, those of 8 bits as the runtime does where it is known how (see
    /// `Compiler+Integers`).
    ///
    /// The scale's gradient is scaled by `1 / sqrt(count * most)`, with the elements of one sample and the largest
    /// integer, so that scales move as fast as weights do (Esser et al., "Learned Step Size Quantization", 2020,
    /// section 2.2).
    func fakeQuantized(
        _ index: Int, zeroPoint: Int, limits: ClosedRange<Int>, isTrained: Bool
    ) throws -> FakeQuantized {
        let (name, value) = (graph.nodes[index].name, value(index))
        let scale = try scaleParameter(FakeQuantization.outputLog2Scale(of: name), channels: 1, isTrained: isTrained)
        let (low, high) = (Float(limits.lowerBound - zeroPoint), Float(limits.upperBound - zeroPoint))
        let factor = 1 / (Float(shapes[index].count) * Float(limits.upperBound)).squareRoot()
        let output = try memory(value.layout)
        let stored = value.storedCount
        let tensorScale = limits.count == 256 ? TensorScale(log2Scale: scale.value, zeroPoint: zeroPoint) : nil
        if try tensorScale.map({ try emitIntegers(index, value, into: output, $0) }) != true {
            emit("\(name) rounding", touching: [value, scale.value, output]) {
                nnq_fake_quantize(
                    output.floats, value.floats, stored,
                    nnq_steps(low: low, high: high, log2_scale: scale.value.floats))
            }
        }
        return FakeQuantized(output: output, scale: tensorScale) { [self] gradient in
            let gradient = try aligned(gradient, with: value, name)
            let result = try memory(value.layout)
            emit("\(name) rounding'", touching: [gradient, value, scale.value, result]) {
                nnq_fake_quantize_gradient(
                    result.floats, scale.gradient!.floats, gradient.floats, value.floats, stored,
                    nnq_steps(low: low, high: high, log2_scale: scale.value.floats), factor)
            }
            return result
        }
    }

    /// Rounds a layer's weights where that is wanted.
    /// - Returns: emits the step from the gradient of the rounded weights, in place, to that of the weights.
    func fakeQuantize(_ filter: Parameter, of layer: String) throws -> () -> Void {
        guard let bits = quantization?.weightBits[layer] else { return {} }
        let channels = filter.shape[0]
        let scale = try scaleParameter(FakeQuantization.weightLog2Scale(of: layer), channels: channels)
        let most = Float(FakeQuantization.largestWeight(bits: bits))
        let terms = filter.shape.dropFirst().reduce(1, *)
        let factor = 1 / (Float(terms) * most).squareRoot()
        let channelOf = try filter.rowOfElement()
        let rounded = try memory(filter.value.layout)
        let count = rounded.storedCount
        let integers = try memory(filter.value.layout)
        filter.rounded = RoundedFilter(value: rounded, integers: integers, log2Scale: scale.value)
        emit("\(layer) weights rounding", touching: [filter.value, scale.value, rounded, integers]) {
            nnq_fake_quantize_weights(
                rounded.floats, integers.floats, filter.value.floats, channelOf, count, scale.value.floats, most)
        }
        let sums = try memory(Layout(rowMajor: [2 * channels]))
        return { [self] in
            emit("\(layer) weights rounding'", touching: [filter.value, filter.gradient!, scale.value, sums]) {
                sums.storage.base!.withMemoryRebound(to: Double.self, capacity: channels) { sums in
                    nnq_fake_quantize_weights_gradient(
                        filter.gradient!.floats, scale.gradient!.floats, sums, filter.value.floats, channelOf, count,
                        scale.value.floats, channels, most, factor)
                }
            }
        }
    }

    private func scaleParameter(_ name: String, channels: Int, isTrained: Bool = true) throws -> Parameter {
        let layout = Layout(rowMajor: [channels])
        let parameter = try Parameter(
            name: name, shape: [channels], plain: layout, layout: layout, isTrained: isTraining && isTrained,
            decays: false, hasLength: false, device)
        parameters.append(parameter)
        return parameter
    }
}

extension Parameter {
    /// By element as it lies in memory: its place in the outermost extent of `shape`. Of padding, 0.
    fileprivate func rowOfElement() throws -> [Int32] {
        let terms = shape.dropFirst().reduce(1, *)
        let rows = Tensor(shape: shape, values: (0..<shape.reduce(1, *)).map { Float($0 / terms) })
        return try placed(rows).map { Int32($0) }
    }
}
