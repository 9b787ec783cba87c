// SPDX-License-Identifier: Apache-2.0
// Layers of weights that add up what the runtime adds up: integers, in floats.
//
// A float holds whole numbers below 2^24 exactly, and so do sums of them in whatever order: with the integers of
// activations, weights and biases for their real values, a layer's sums are the runtime's accumulators to the last bit
// as long as none of their parts is larger. What is larger saturates in the output, or nearly does.

import CDNNL
import CTrainKernels
import Foundation
import NNQGraph

/// What a layer's sums are made of.
struct IntegerSums {
    let input: TensorScale
    /// By output channel.
    let weightLog2Scale: Memory
    let channels: Int

    /// The real value of one in the sums of a channel, as the lowering computes it.
    func unit(_ channel: Int) -> Double {
        Double(input.quantization.scale) * Double(exp2f(weightLog2Scale.floats[channel]))
    }

    var memories: [Memory] { input.memories + [weightLog2Scale] }
}

extension Compiler {
    /// Whether a layer of weights computes with integers: its weights are rounded, and so is its input.
    func addsIntegers(_ site: Site) -> Bool {
        quantization?.weightBits[site.name] != nil && scales[graph.nodes[site.index].inputs[0]] != nil
    }

    /// What the layer does to its sums before it writes them.
    func postOps(_ site: Site, isInteger: Bool) throws -> PostOps? {
        guard isInteger else { return try site.fused?.postOps() }
        return try PostOps(factors: unitsLayout(site), site.fused?.elementwise)
    }

    /// One value a channel, repeated over a map.
    private func unitsLayout(_ site: Site) -> Layout {
        Layout(rowMajor: [1, site.shape.channels] + (site.shape.isMap ? [1, 1] : []))
    }

    /// Emits the forward step of a layer of weights. With integers it gives real values too: sums times their unit.
    func emitSums(
        _ site: Site, _ forward: PrimitiveDescription, _ source: Memory, _ filter: Parameter, _ bias: Parameter?,
        into output: Memory, isInteger: Bool
    ) throws {
        guard isInteger, let rounded = filter.rounded else {
            var arguments = [(DNNL_ARG_SRC, source), (DNNL_ARG_WEIGHTS, filter.used), (DNNL_ARG_DST, output)]
            if let bias { arguments.append((DNNL_ARG_BIAS, bias.value)) }
            return try emit(site.name, forward, arguments)
        }
        let sums = IntegerSums(
            input: scales[graph.nodes[site.index].inputs[0]]!, weightLog2Scale: rounded.log2Scale,
            channels: site.shape.channels)
        self.sums[site.index] = sums
        let units = try memory(unitsLayout(site))
        let biases = try memory(Layout(rowMajor: [sums.channels]))
        emit("\(site.name) units", touching: sums.memories + [units, biases] + (bias.map { [$0.value] } ?? [])) {
            for channel in 0..<sums.channels {
                let unit = sums.unit(channel)
                units.floats[channel] = Float(unit)
                biases.floats[channel] = bias.map { Float((Double($0.value.floats[channel]) / unit).rounded()) } ?? 0
            }
        }
        var arguments = [
            (DNNL_ARG_SRC, try integers(of: source, sums.input, site.name)), (DNNL_ARG_WEIGHTS, rounded.integers),
            (DNNL_ARG_DST, output), (DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | DNNL_ARG_SRC_1, units),
        ]
        if bias != nil { arguments.append((DNNL_ARG_BIAS, biases)) }
        try emit(site.name, forward, arguments)
    }

    /// A tensor of whole steps in steps, made once for all its readers.
    private func integers(of source: Memory, _ scale: TensorScale, _ name: String) throws -> Memory {
        if let known = integerCopies.first(where: {
            $0.source.storage === source.storage && $0.source.layout == source.layout
        }) {
            return known.result
        }
        let result = try memory(source.layout)
        let count = source.storedCount
        emit("\(name) integers", touching: scale.memories + [source, result]) {
            nnq_integers(result.floats, source.floats, count, scale.quantization.scale)
        }
        integerCopies.append(Conversion(source: source, result: result))
        return result
    }
}
