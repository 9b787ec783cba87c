// SPDX-License-Identifier: Apache-2.0
// A float shape as the height, width and channels of an int8 tensor.

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
}
