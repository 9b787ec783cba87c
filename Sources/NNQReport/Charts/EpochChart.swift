// SPDX-License-Identifier: Apache-2.0
// What training reached, over its epochs.

/// One curve a set of samples; an epoch without a value is left out.
struct EpochChart {
    let curves: [[Double?]]
    let text: (Double) -> String

    func markup(label: String) -> String {
        var svg = SVG(width: 340, height: 180)
        let plot = (left: 56.0, top: 10.0, right: 330.0, bottom: 156.0)
        let values = curves.joined().compactMap { $0 }.filter(\.isFinite)
        let (low, high) = (values.min() ?? 0, values.max() ?? 1)
        let count = max(curves.map(\.count).max() ?? 1, 2)
        func x(_ epoch: Int) -> Double { plot.left + Double(epoch) / Double(count - 1) * (plot.right - plot.left) }
        func y(_ value: Double) -> Double {
            plot.top + (high - value) / max(high - low, 1e-12) * (plot.bottom - plot.top)
        }
        for value in [low, high] {
            svg.line(plot.left, y(value), plot.right, y(value), "grid")
            svg.text(plot.left - 6, y(value) + 4, text(value), .end)
        }
        svg.text(plot.left, plot.bottom + 18, "epoch 1")
        svg.text(plot.right, plot.bottom + 18, "\(count)", .end)
        for (place, curve) in curves.enumerated() {
            let points = curve.enumerated().compactMap { epoch, value in value.map { (x(epoch), y($0)) } }
            svg.curve(points, "curve series\(place)")
        }
        return svg.markup(label: label)
    }
}
