// SPDX-License-Identifier: Apache-2.0
// Values with their intervals of confidence, one under the other.

import Foundation

struct IntervalChart {
    struct Row {
        var name: String
        var value: Double
        var interval: Interval
        var style: String
    }

    let rows: [Row]
    /// A value to mark, such as no difference at all.
    var reference: Double?
    /// How values are written at the axis.
    let text: (Double) -> String

    func markup(label: String) -> String {
        let height = 30 + 30 * Double(rows.count)
        var svg = SVG(width: 340, height: height)
        let ends = rows.flatMap { [$0.interval.low, $0.interval.high] } + (reference.map { [$0] } ?? [])
        let (low, high) = (ends.min() ?? 0, ends.max() ?? 1)
        let span = max(high - low, 1e-9)
        func x(_ value: Double) -> Double { 64 + (value - low) / span * 250 }
        svg.line(64, height - 24, 314, height - 24, "axis")
        svg.text(64, height - 8, text(low), .start)
        svg.text(314, height - 8, text(high), .end)
        if let reference {
            svg.line(x(reference), 6, x(reference), height - 20, "clip")
        }
        for (place, row) in rows.enumerated() {
            let y = 20 + 30 * Double(place)
            svg.text(8, y + 4, row.name)
            svg.line(x(row.interval.low), y, x(row.interval.high), y, "whisker")
            for end in [row.interval.low, row.interval.high] { svg.line(x(end), y - 5, x(end), y + 5, "whisker") }
            svg.circle(x(row.value), y, radius: 5, row.style)
        }
        return svg.markup(label: label)
    }
}
