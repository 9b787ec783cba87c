// SPDX-License-Identifier: Apache-2.0
// Bringing a layer's value into the order of axes that an operator wants.

import NNQGraph

extension GraphExport {
    /// A map as `[N, channels, height, width]`.
    mutating func channelsFirst(_ index: Int) -> Exported { channelsFirst(tensor(index), rank: 3) }

    /// A value of at most three axes as a map of that many, `[N, channels, height, width]`.
    mutating func channelsFirst(_ tensor: Exported, rank: Int) -> Exported {
        if tensor.order == .channelsFirst { return tensor }
        var result = plain(tensor)
        result.shape = result.shape.padded(to: rank)
        let (shape, name) = (result.shape, result.name)
        if shape.rank != tensor.shape.rank || shape.height * shape.width == 1 {
            // Of one pixel, the axes' order is the elements' order.
            let isPixel = shape.height * shape.width == 1
            let extents = isPixel ? [shape.channels, 1, 1] : shape.dimensions
            result.name = reshaped(name, extents, named: "\(name).map")
            if isPixel {
                result.order = .channelsFirst
                return result
            }
        }
        result.name = append(
            "Transpose", [result.name], [.integers("perm", [0, 3, 1, 2])], output: fresh("\(name).channels_first"))
        result.order = .channelsFirst
        return result
    }

    /// A value with the graph's order of axes behind the batch.
    mutating func plain(_ index: Int) -> Exported { plain(tensor(index)) }

    mutating func plain(_ tensor: Exported) -> Exported {
        var result = tensor
        switch tensor.order {
        case .plain: return tensor
        case .channelsFirst:
            result.name = append(
                "Transpose", [tensor.name], [.integers("perm", [0, 2, 3, 1])],
                output: fresh("\(tensor.name).channels_last"))
        case .flattened:
            let moved = append(
                "Transpose", [tensor.name], [.integers("perm", [0, 2, 3, 1])],
                output: fresh("\(tensor.name).channels_last"))
            result.name = reshaped(moved, tensor.shape.dimensions, named: "\(tensor.name).flat")
        }
        result.order = .plain
        return result
    }

    /// A tensor under other extents behind the batch.
    mutating func reshaped(_ name: String, _ extents: [Int], named output: String) -> String {
        let target = initializer("\(output).shape", [0] + extents)
        return append("Reshape", [name, target], output: fresh(output))
    }

    /// The place of an axis of the graph in an exported tensor, the batch being 0.
    func axis(_ axis: Int, of tensor: Exported) -> Int {
        let place = tensor.shape.axis(axis) ?? 0
        guard tensor.order == .channelsFirst else { return place + 1 }
        return [2, 3, 1][place]
    }
}
