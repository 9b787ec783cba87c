// SPDX-License-Identifier: Apache-2.0
// A float shape as the height, width and channels of an int8 tensor.

import NNQFormat
import NNQGraph

/// Every shape as a map of the same elements in the same order, channels innermost: `[n]` is 1 x 1 x n, `[t, c]` is
/// 1 x t x c, `[h, w, c]` itself; of more extents, those between the first and the last make the width.
struct MapExtents: Hashable {
    var height: Int
    var width: Int
    var channels: Int

    init(_ shape: Shape) {
        let outer = shape.dimensions.dropLast()
        channels = shape.channels
        height = outer.count >= 2 ? outer[0] : 1
        width = (outer.count >= 2 ? outer.dropFirst() : outer).reduce(1, *)
    }

    init(_ tensor: ProgramTensor) { (height, width, channels) = (tensor.height, tensor.width, tensor.channels) }

    /// The extent of an axis: 0 height, 1 width, 2 channels.
    subscript(_ axis: Int) -> Int {
        get { [height, width, channels][axis] }
        set {
            switch axis {
            case 0: height = newValue
            case 1: width = newValue
            default: channels = newValue
            }
        }
    }

    /// The map's axis on which a shape's axis lies so that joins along both are the same; nil for one inside the width.
    static func axis(_ axis: Int, of shape: Shape) -> Int? {
        guard let place = shape.axis(axis) else { return nil }
        if place == shape.rank - 1 { return 2 }
        if shape.rank == 2 { return 1 }
        return place < 2 ? place : nil
    }
}
