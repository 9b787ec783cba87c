// SPDX-License-Identifier: Apache-2.0
// A square of numbers as a heat map: confusion matrices and their difference.

import Foundation

/// Rows are what samples are, columns what was answered.
struct MatrixChart {
    let values: [[Int]]
    let classes: [String]
    /// Whether the numbers are changes, below and above 0, rather than counts.
    var isDifference = false

    /// With more classes than this, cells are too small for numbers.
    private static let mostWithNumbers = 12
    /// Of a class's name.
    private static let mostLetters = 11

    func markup(label: String) -> String {
        let count = classes.count
        let hasNumbers = count <= Self.mostWithNumbers
        let letters = classes.map(\.count).max() ?? 1
        let margin = hasNumbers ? 12 + 5.8 * Double(min(letters, Self.mostLetters)) : 14.0
        let cell = (360 - margin) / Double(count)
        var svg = SVG(width: 362, height: 362)
        for row in 0..<count {
            for column in 0..<count {
                draw(
                    &svg, row, column, x: margin + Double(column) * cell, y: margin + Double(row) * cell, cell,
                    hasNumbers)
            }
            guard hasNumbers else { continue }
            let middle = margin + (Double(row) + 0.5) * cell
            svg.text(margin - 5, middle + 4, classes[row].shortened(to: Self.mostLetters), .end)
            svg.text(middle + 4, margin - 5, classes[row].shortened(to: Self.mostLetters), .start, rotated: -90)
        }
        return svg.markup(label: label)
    }

    private func draw(
        _ svg: inout SVG, _ row: Int, _ column: Int, x: Double, y: Double, _ cell: Double, _ hasNumbers: Bool
    ) {
        let value = values[row][column]
        let gap = hasNumbers ? 1.0 : 0
        let title = "is \(classes[row]), answered \(classes[column]): \(value)"
        svg.rectangle(x, y, cell - gap, cell - gap, "empty", title: title)
        guard value != 0 else { return }
        let strength = strength(row, column)
        svg.rectangle(x, y, cell - gap, cell - gap, style(row, column), opacity: strength, title: title)
        guard hasNumbers else { return }
        let text = isDifference ? Words.signed(Double(value), 0) : String(value)
        let size = cell > 26 || text.count < 4 ? "cell" : "cell tiny"
        svg.text(
            x + (cell - gap) / 2, y + cell / 2 + 3.5, text, .middle,
            style: strength > 0.55 ? "\(size) over" : size)
    }

    /// A change is good where right answers grow or wrong ones shrink.
    private func style(_ row: Int, _ column: Int) -> String {
        guard isDifference else { return row == column ? "float" : "bad" }
        return (values[row][column] > 0) == (row == column) ? "good" : "bad"
    }

    /// How strongly a cell is painted: counts by their part of the row, changes by their part of the largest.
    private func strength(_ row: Int, _ column: Int) -> Double {
        let value = Double(abs(values[row][column]))
        if isDifference {
            let most = values.joined().map { abs($0) }.max() ?? 1
            return 0.15 + 0.85 * value / Double(max(most, 1))
        }
        let sum = Double(values[row].reduce(0, +))
        let part = value / max(sum, 1)
        return row == column ? 0.1 + 0.9 * part : min(1, 0.1 + 2 * part)
    }
}
