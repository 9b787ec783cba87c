// SPDX-License-Identifier: Apache-2.0
// Reductions over any axes, and the L2 norm.

import CNNQ
import NNQArithmetic
import NNQFormat
import NNQGraph

extension Lowering {
    /// The op leaves extents of 1 where the layer may drop them; a reshape follows where that makes another map.
    mutating func lowerReduce(_ index: Int, _ reduction: Reduction, axes: [Int]) throws {
        let source = shapes[graph.nodes[index].inputs[0]]
        let quantization = inputQuantization(index)
        var parameters = nnq_reduce_params()
        parameters.axes = try mapAxes(index, Set(axes.compactMap(source.axis)))
        var extents = MapExtents(source)
        for axis in 0..<3 where parameters.axes >> Int32(axis) & 1 == 1 { extents[axis] = 1 }
        let elements = source.count / (extents.height * extents.width * extents.channels)
        var output = quantization
        (parameters.multiplier, parameters.shift) = (0, 31)
        switch reduction {
        case .maximum: parameters.kind = 1
        case .minimum: parameters.kind = 2
        case .mean, .sum:
            let divisor = reduction == .mean ? Double(elements) : 1
            let (by, scaled) = try fitted(index, calibratedOutput(index)) {
                ScaleArithmetic(
                    Double(quantization.scale) / Double($0.scale) / divisor, bound: quantization.deviation * elements)
            }
            (parameters.multiplier, parameters.shift, output) = (by.multiplier, by.shift, scaled)
        }
        if extents == MapExtents(shapes[index]) { return try append(.reduce(parameters), for: index, output) }
        let reduced = try appendPart(
            .reduce(parameters), of: index, inputs: inputs(index), extents: extents, part: 1, output)
        try append(.reshape, for: index, inputs: [reduced], output)
    }

    /// Bit a is set for the map's axis a. Of more than three extents, those in the middle make the width and are
    /// reduced together.
    private func mapAxes(_ index: Int, _ axes: Set<Int>) throws -> Int32 {
        let rank = shapes[graph.nodes[index].inputs[0]].rank
        let middle = Set(rank == 2 ? 0..<1 : 1..<max(rank - 1, 1))
        guard axes.isSuperset(of: middle) || axes.isDisjoint(with: middle) else {
            throw QuantizeError.at(
                graph.nodes[index],
                "int8 tensors are maps, and it reduces some of the axes that make the width: reduce all between the "
                    + "first and the last, or none")
        }
        let overHeight: Int32 = rank > 2 && axes.contains(0) ? 1 : 0
        let overWidth: Int32 = !axes.isDisjoint(with: middle) ? 2 : 0
        return overHeight + overWidth + (axes.contains(rank - 1) ? 4 : 0)
    }

    mutating func lowerL2Normalize(_ index: Int) throws {
        let deviation = inputQuantization(index).deviation
        guard shapes[index].channels <= Int(Int32.max) / (deviation * deviation) else {
            throw QuantizeError.at(
                graph.nodes[index], "its sum over \(shapes[index].channels) squares does not fit 32 bits: use fewer")
        }
        try append(.l2Normalize, for: index, Quantization(scale: 0x1p-7, zeroPoint: 0))
    }
}
