// SPDX-License-Identifier: Apache-2.0
// A histogram with the range that int8 keeps.

import Foundation
import NNQQuantize

/// Bars whose heights are logarithms of the counts, so that the rare values at the ends show.
struct HistogramChart {
    let histogram: ValueHistogram
    /// The range kept.
    let clip: Interval
    /// What the axis counts, where that is no real number.
    var unit = ""

    private let width = 320.0
    private let height = 104.0
    private let floor = 84.0

    func markup(label: String) -> String {
        var svg = SVG(width: width, height: height)
        let end = histogram.low + histogram.binWidth * Double(histogram.counts.count)
        let isEmpty = histogram.counts.isEmpty
        let low = isEmpty ? clip.low : min(histogram.low, clip.low)
        let high = isEmpty ? clip.high : max(end, clip.high)
        let span = max(high - low, .leastNormalMagnitude)
        func x(_ value: Double) -> Double { 8 + (value - low) / span * (width - 16) }
        svg.rectangle(x(clip.low), 6, x(clip.high) - x(clip.low), floor - 6, "kept")
        let most = log1p(Double(histogram.counts.max() ?? 1))
        for (bin, count) in histogram.counts.enumerated() where count > 0 {
            let from = histogram.low + Double(bin) * histogram.binWidth
            let top = log1p(Double(count)) / most * (floor - 12)
            let isCut = from >= clip.high || from + histogram.binWidth <= clip.low
            svg.rectangle(
                x(from), floor - top, max(x(from + histogram.binWidth) - x(from) - 0.5, 0.5), top,
                isCut ? "bad" : "float",
                title: "\(Words.short(from)) to \(Words.short(from + histogram.binWidth)): \(Words.grouped(count))")
        }
        svg.line(8, floor, width - 8, floor, "axis")
        for edge in [clip.low, clip.high] { svg.line(x(edge), 4, x(edge), floor + 3, "clip") }
        if x(0) > x(clip.low) + 60, x(0) < x(clip.high) - 60 {
            svg.line(x(0), floor, x(0), floor + 3, "axis")
            svg.text(x(0), floor + 15, "0", .middle)
        }
        edgeLabel(&svg, x(clip.low), clip.low, .start)
        edgeLabel(&svg, x(clip.high), clip.high, .end)
        return svg.markup(label: label)
    }

    /// The value at a clip, drawn towards the inside.
    private func edgeLabel(_ svg: inout SVG, _ x: Double, _ value: Double, _ anchor: SVG.Anchor) {
        let place = anchor == .start ? min(x, width - 120) : max(x, 120)
        svg.text(place, floor + 15, Words.short(value) + unit, anchor)
    }
}
