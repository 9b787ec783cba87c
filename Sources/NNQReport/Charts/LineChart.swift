// SPDX-License-Identifier: Apache-2.0
// Curves over a common axis.

/// One curve a channel, evenly spaced points.
struct LineChart {
    let curves: [[Float]]

    private let width = 200.0
    private let height = 110.0

    func markup(label: String) -> String {
        var svg = SVG(width: width, height: height)
        let all = curves.joined()
        let (low, high) = (Double(all.min() ?? 0), Double(all.max() ?? 1))
        let span = max(high - low, 1e-30)
        func y(_ value: Double) -> Double { 8 + (high - value) / span * (height - 16) }
        if low < 0, high > 0 { svg.line(4, y(0), width - 4, y(0), "axis") }
        for (place, curve) in curves.enumerated() {
            let step = (width - 8) / Double(max(curve.count - 1, 1))
            svg.curve(
                curve.enumerated().map { (4 + Double($0.offset) * step, y(Double($0.element))) },
                "curve series\(place % 6)")
        }
        return svg.markup(label: label)
    }
}

/// A bar for each of a few numbers.
struct ColumnChart {
    let values: [Float]

    func markup(label: String) -> String {
        var svg = SVG(width: 200, height: 110)
        let (low, high) = (Double(min(0, values.min() ?? 0)), Double(max(0, values.max() ?? 1)))
        let span = max(high - low, 1e-30)
        func y(_ value: Double) -> Double { 8 + (high - value) / span * 94 }
        let cell = 192 / Double(max(values.count, 1))
        for (place, value) in values.enumerated() {
            let (top, bottom) = (y(max(0, Double(value))), y(min(0, Double(value))))
            svg.rectangle(
                4 + Double(place) * cell, top, cell * 0.85, max(bottom - top, 0.5), "float",
                title: Words.number(Double(value)))
        }
        svg.line(4, y(0), 196, y(0), "axis")
        return svg.markup(label: label)
    }
}
