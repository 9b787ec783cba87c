// SPDX-License-Identifier: Apache-2.0
// Places of a tensor's elements in another tensor, worked out once when a layer is compiled.

import NNQGraph

/// For each element of a row-major tensor, a place in a buffer.
struct IndexTable {
    let places: [Int32]

    /// Places `start + sum of index * stride`, for all indices within `extents`.
    init(_ extents: [Int], strides: [Int], start: Int = 0) {
        var places = [Int32(start)]
        for (extent, stride) in zip(extents, strides) {
            places = places.flatMap { place in (0..<extent).map { place + Int32($0 * stride) } }
        }
        self.places = places
    }

    init(places: [Int32]) { self.places = places }

    /// The element of `source` that each element of `shape`, to which it is broadcast, repeats.
    init(broadcasting source: Shape, to shape: Shape) {
        let source = source.padded(to: shape.rank)
        let strides = zip(source.dimensions, source.strides).map { $0 == 1 ? 0 : $1 }
        self.init(shape.dimensions, strides: strides)
    }

    /// The element of `shape` with some axes left out, or of extent 1, to which each of its elements belongs.
    init(reducing shape: Shape, axes: [Int]) {
        var kept = shape
        for axis in axes { kept.dimensions[axis] = 1 }
        self.init(shape.dimensions, strides: kept.strides.enumerated().map { axes.contains($0) ? 0 : $1 })
    }

    /// Calls `body` with each element and its place.
    @inline(__always)
    func forEach(_ body: (_ element: Int, _ place: Int) -> Void) {
        places.withUnsafeBufferPointer { places in
            for element in 0..<places.count { body(element, Int(places[element])) }
        }
    }
}
