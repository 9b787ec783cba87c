// SPDX-License-Identifier: Apache-2.0
// TFLite's shapes, which start with the batch, as shapes of one sample.

/// Height, width and channels of an int8 tensor.
struct MapExtents: Hashable {
    var height: Int
    var width: Int
    var channels: Int

    var count: Int { height * width * channels }
}

extension TFLiteTensor {
    /// Whether the first extent is a batch of one.
    var hasBatch: Bool { shape.count >= 2 && shape[0] == 1 }

    /// The shape without its batch; a scalar is one element.
    var sample: [Int] { hasBatch ? Array(shape.dropFirst()) : shape.isEmpty ? [1] : shape }

    /// The same elements in the same order as a map, channels innermost: `[n]` is 1 x 1 x n, `[t, c]` is 1 x t x c,
    /// `[h, w, c]` itself; of more extents, those between the first and the last make the width.
    var extents: MapExtents {
        let outer = sample.dropLast()
        let inner = outer.count >= 2 ? outer.dropFirst() : outer
        return MapExtents(height: outer.count >= 2 ? outer[0] : 1, width: inner.reduce(1, *), channels: sample.last ?? 1)
    }

    /// Which extent of the map an axis of the tensor is: 0 height, 1 width, 2 channels; nil for the batch, and where an
    /// extent of the map is made of several axes.
    /// - Parameter axis: negative ones count from the end.
    func mapAxis(_ axis: Int) -> Int? {
        let axis = axis < 0 ? axis + shape.count : axis
        let place = hasBatch ? axis - 1 : axis
        guard sample.indices.contains(place), sample.count <= 3 else { return nil }
        return place + 3 - sample.count
    }
}
