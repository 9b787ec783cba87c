// SPDX-License-Identifier: Apache-2.0
// One row of cells, a cell a channel.

/// A heat strip: the stronger the colour, the larger the value.
struct StripChart {
    /// 0 ... 1, by channel.
    let values: [Double]
    /// What a pointer over a channel tells.
    let titles: [String]
    var style = "float"

    func markup(label: String) -> String {
        var svg = SVG(width: 320, height: 16)
        let cell = 304 / Double(max(values.count, 1))
        let gap = cell > 4 ? 0.6 : 0
        for (channel, value) in values.enumerated() {
            let x = 8 + Double(channel) * cell
            svg.rectangle(x, 1, cell - gap, 14, "empty")
            svg.rectangle(
                x, 1, cell - gap, 14, style, opacity: max(0, min(1, value)), title: titles[channel])
        }
        return svg.markup(label: label)
    }
}

/// A bar from 0 to a part of its box, for cells of tables.
struct BarChart {
    /// 0 ... 1.
    let value: Double
    var style = "float"

    func markup(label: String) -> String {
        var svg = SVG(width: 90, height: 10)
        svg.rectangle(0, 1, 90, 8, "empty")
        svg.rectangle(0, 1, 90 * max(0, min(1, value)), 8, style)
        return svg.markup(label: label, isFluid: false)
    }
}
