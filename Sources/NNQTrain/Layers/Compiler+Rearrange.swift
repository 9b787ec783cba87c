// SPDX-License-Identifier: Apache-2.0
// Layers that only choose and reorder their input's elements: slice, transpose, nearest resizing.

import NNQGraph

extension Compiler {
    func slice(_ site: Site, begin: [Int], step: [Int]) throws -> Compiled {
        let strides = site.inputShapes[0].strides
        let start = zip(begin, strides).reduce(0) { $0 + $1.0 * $1.1 }
        let table = IndexTable(site.shape.dimensions, strides: zip(step, strides).map(*), start: start)
        return try choose(site, table)
    }

    func transpose(_ site: Site, _ permutation: [Int]) throws -> Compiled {
        let strides = site.inputShapes[0].strides
        return try choose(site, IndexTable(site.shape.dimensions, strides: permutation.map { strides[$0] }))
    }

    func resizeNearest(_ site: Site, _ rounding: NearestRounding, _ coordinates: Coordinates) throws -> Compiled {
        let (input, output) = (site.inputShapes[0], site.shape)
        let columns = (0..<output.width).map {
            rounding.source(of: $0, input: input.width, output: output.width, coordinates)
        }
        let places = (0..<output.height).flatMap { y -> [Int32] in
            let row = rounding.source(of: y, input: input.height, output: output.height, coordinates)
            return columns.flatMap { column in
                (0..<input.channels).map { Int32((row * input.width + column) * input.channels + $0) }
            }
        }
        return try choose(site, IndexTable(places: places))
    }

    /// Output element `i` is the input's at `table.places[i]`.
    private func choose(_ site: Site, _ table: IndexTable) throws -> Compiled {
        try loop(
            site,
            Loop(
                forward: { values in
                    let (x, y) = (values.inputs[0], values.output)
                    table.forEach { y[$0] = x[$1] }
                },
                backward: { _, gradients in
                    guard let result = gradients.inputs[0] else { return }
                    let gradient = gradients.output
                    table.forEach { result[$1] += gradient[$0] }
                }))
    }
}
