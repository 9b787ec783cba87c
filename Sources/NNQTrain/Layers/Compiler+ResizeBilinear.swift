// SPDX-License-Identifier: Apache-2.0
// Maps of other sizes, each value a weighted mean of four.

import NNQGraph

extension Compiler {
    func resizeBilinear(_ site: Site, _ coordinates: Coordinates) throws -> Compiled {
        let grid = BilinearGrid(site.inputShapes[0], site.shape, coordinates)
        let count = site.shape.count
        return try loop(
            site,
            Loop(
                forward: { values in
                    let (x, y) = (values.inputs[0], values.output)
                    y.update(repeating: 0, count: count)
                    grid.forEach { output, input, weight in y[output] += weight * x[input] }
                },
                backward: { _, gradients in
                    guard let result = gradients.inputs[0] else { return }
                    grid.forEach { output, input, weight in result[input] += weight * gradients.output[output] }
                }))
    }
}

/// The rows and columns that each output pixel lies between.
private struct BilinearGrid {
    private struct Line {
        let lower, upper: Int
        let weight: Float
    }

    private let rows: [Line]
    private let columns: [Line]
    private let width: Int
    private let channels: Int

    init(_ input: Shape, _ output: Shape, _ coordinates: Coordinates) {
        func lines(_ input: Int, _ output: Int) -> [Line] {
            (0..<output).map {
                let line = coordinates.neighbours(of: $0, input: input, output: output)
                return Line(lower: line.lower, upper: line.upper, weight: Float(line.weight))
            }
        }
        rows = lines(input.height, output.height)
        columns = lines(input.width, output.width)
        (width, channels) = (input.width, input.channels)
    }

    /// Calls `body` four times for each element of the output, with an element of the input and its weight.
    @inline(__always)
    func forEach(_ body: (_ output: Int, _ input: Int, _ weight: Float) -> Void) {
        var output = 0
        for row in rows {
            for column in columns {
                let (upper, lower) = (row.upper * width, row.lower * width)
                for channel in 0..<channels {
                    func visit(_ pixel: Int, _ weight: Float) { body(output, pixel * channels + channel, weight) }
                    visit(lower + column.lower, (1 - row.weight) * (1 - column.weight))
                    visit(lower + column.upper, (1 - row.weight) * column.weight)
                    visit(upper + column.lower, row.weight * (1 - column.weight))
                    visit(upper + column.upper, row.weight * column.weight)
                    output += 1
                }
            }
        }
    }
}
