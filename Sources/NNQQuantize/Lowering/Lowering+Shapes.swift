// SPDX-License-Identifier: Apache-2.0
// Layers that rearrange a tensor's elements or resize it: slice, transpose, resize. All keep their input's quantization.

import CNNQ
import NNQFormat
import NNQGraph

extension Lowering {
    /// Ops one after the other, the first on a node's input, the last of which computes the node's result; a reshape
    /// follows where that has other extents.
    mutating func appendChain(
        _ index: Int, _ steps: [(operation: Operation, extents: MapExtents)], _ output: Quantization
    ) throws {
        var steps = steps
        let result = MapExtents(shapes[index])
        var tensor = input(index, 0)
        if (steps.last?.extents ?? MapExtents(program.tensors[tensor])) != result { steps.append((.reshape, result)) }
        guard let last = steps.popLast() else { return alias(index) }
        for (part, step) in steps.enumerated() {
            tensor = try appendPart(
                step.operation, of: index, inputs: [tensor], extents: step.extents, part: part + 1, output)
        }
        try append(last.operation, for: index, inputs: [tensor], output)
    }

    mutating func lowerSlice(_ index: Int, begin: [Int], size: [Int], step: [Int]) throws {
        let source = shapes[graph.nodes[index].inputs[0]]
        let axes = SliceAxis.merged(
            source.dimensions.indices.map {
                SliceAxis(extent: source[$0], begin: begin[$0], size: size[$0], step: size[$0] == 1 ? 1 : step[$0])
            })
        guard axes.count <= 3 else {
            throw QuantizeError.at(
                graph.nodes[index],
                "int8 tensors are maps, and it cuts \(source) along more than three axes: use two slices one after "
                    + "the other")
        }
        if axes.allSatisfy(\.isWhole) { return try appendChain(index, [], inputQuantization(index)) }
        let all = Array(repeating: SliceAxis(extent: 1, begin: 0, size: 1, step: 1), count: 3 - axes.count) + axes
        guard all.allSatisfy({ $0.begin <= 65535 && (-32768...32767).contains($0.step) }) else {
            throw QuantizeError.at(
                graph.nodes[index], "an int8 slice begins at 65535 at most, in steps of at most 32767: reshape to a map"
            )
        }
        var parameters = nnq_slice_params()
        (parameters.begin_height, parameters.step_height) = (Int32(all[0].begin), Int32(all[0].step))
        (parameters.begin_width, parameters.step_width) = (Int32(all[1].begin), Int32(all[1].step))
        (parameters.begin_channels, parameters.step_channels) = (Int32(all[2].begin), Int32(all[2].step))
        let cut: (Operation, MapExtents) = (.slice(parameters), MapExtents(all.map(\.size)))
        try appendChain(
            index, reshaped(input(index, 0), MapExtents(all.map(\.extent))) + [cut], inputQuantization(index))
    }

    mutating func lowerTranspose(_ index: Int, _ permutation: [Int]) throws {
        let source = shapes[graph.nodes[index].inputs[0]]
        guard source.dimensions.filter({ $0 > 1 }).count <= 8 else {
            throw QuantizeError.at(graph.nodes[index], "an int8 program transposes at most eight axes: merge some")
        }
        var steps: [(operation: Operation, extents: MapExtents)] = []
        var extents = MapExtents(program.tensors[input(index, 0)])
        for step in TransposePlan(extents: source.dimensions, permutation: permutation).steps {
            let axes = step.axes.map { Int32($0) }
            let parameters = nnq_transpose_params(
                opcode: 0, axis_height: axes[0], axis_width: axes[1], axis_channels: axes[2])
            if MapExtents(step.extents) != extents { steps.append((.reshape, MapExtents(step.extents))) }
            extents = MapExtents(step.outputExtents)
            steps.append((.transpose(parameters), extents))
        }
        try appendChain(index, steps, inputQuantization(index))
    }

    mutating func lowerResize(
        _ index: Int, _ size: Pair, _ interpolation: Interpolation, _ coordinates: Coordinates
    ) throws {
        let source = shapes[graph.nodes[index].inputs[0]]
        let axes = [(size.height, source.height), (size.width, source.width)]
        let operation: Operation
        switch interpolation {
        case .nearest(let rounding):
            let indices = axes.map { output, input in
                (0..<output).map { UInt16(rounding.source(of: $0, input: input, output: output, coordinates)) }
            }
            operation = .resizeNearest(rows: indices[0], columns: indices[1])
        case .bilinear:
            let positions = axes.map { output, input in
                (0..<output).map { position in
                    ResizePosition(coordinates.neighbours(of: position, input: input, output: output))
                }
            }
            operation = .resizeBilinear(rows: positions[0], columns: positions[1])
        }
        try append(operation, for: index, inputQuantization(index))
    }

    /// A reshape, where a tensor has other extents.
    private func reshaped(_ tensor: Int, _ extents: MapExtents) -> [(operation: Operation, extents: MapExtents)] {
        MapExtents(program.tensors[tensor]) == extents ? [] : [(.reshape, extents)]
    }
}

extension MapExtents {
    /// Height, width and channels.
    fileprivate init(_ extents: [Int]) {
        (height, width, channels) = (extents[0], extents[1], extents[2])
    }
}

extension ResizePosition {
    /// Rounded to 1/1024.
    fileprivate init(_ neighbours: (lower: Int, upper: Int, weight: Double)) {
        let fraction = neighbours.upper > neighbours.lower ? Int((neighbours.weight * 1024).rounded()) : 0
        self.init(lower: UInt16(neighbours.lower + fraction / 1024), fraction: UInt16(fraction % 1024))
    }
}

/// What a slice takes of one axis.
private struct SliceAxis {
    var extent, begin, size, step: Int

    var isWhole: Bool { begin == 0 && size == extent && step == 1 }

    /// Fewer axes that cut the same elements: those of extent 1 vanish, and one that is taken whole joins the one
    /// before it, unless that takes steps.
    static func merged(_ axes: [SliceAxis]) -> [SliceAxis] {
        var result: [SliceAxis] = []
        for axis in axes where axis.extent > 1 {
            guard let last = result.last, axis.isWhole, last.step == 1 else {
                result.append(axis)
                continue
            }
            result[result.count - 1] = SliceAxis(
                extent: last.extent * axis.extent, begin: last.begin * axis.extent, size: last.size * axis.extent,
                step: 1)
        }
        return result
    }
}
