// SPDX-License-Identifier: Apache-2.0
// The arena over time: a box for each tensor, as wide as it lives and as high as it is large.

import Foundation

struct MemoryChart {
    let memory: MemoryFigures

    private let left = 62.0
    private let top = 10.0
    private let mapHeight = 220.0

    /// Units of one moment.
    private var column: Double { max(26, min(56, 620 / Double(memory.moments.count))) }

    func markup(label: String) -> String {
        let count = memory.moments.count
        let names = memory.moments.map { ($0.writes.last ?? "").shortened(to: 20) }
        let footer = 12 + 5.6 * Double(names.map(\.count).max() ?? 0)
        var svg = SVG(width: left + Double(count) * column + 12, height: top + mapHeight + footer)
        axis(&svg)
        for (place, tensor) in memory.tensors.enumerated() { box(&svg, tensor, place) }
        live(&svg)
        for (time, name) in names.enumerated() {
            svg.text(x(time) + column / 2 + 3, top + mapHeight + 8, name, .end, style: "label tiny", rotated: -90)
        }
        return svg.markup(label: label, isFluid: false)
    }

    private func x(_ time: Int) -> Double { left + Double(time) * column }

    private func y(_ byte: Int) -> Double {
        top + mapHeight * (1 - Double(byte) / Double(max(memory.arenaBytes, 1)))
    }

    private func axis(_ svg: inout SVG) {
        let right = x(memory.moments.count)
        for quarter in 0...4 {
            let byte = memory.arenaBytes * quarter / 4
            svg.line(left, y(byte), right, y(byte), "grid")
            svg.text(left - 6, y(byte) + 4, Words.grouped(byte), .end)
        }
    }

    private func box(_ svg: inout SVG, _ tensor: MemoryFigures.Tensor, _ place: Int) {
        let width = Double(tensor.last - tensor.first + 1) * column
        let (ceiling, floor) = (y(tensor.offset + tensor.bytes), y(tensor.offset))
        let text = "\(tensor.name): \(Words.grouped(tensor.bytes)) bytes at \(Words.grouped(tensor.offset))"
        svg.rectangle(
            x(tensor.first) + 1, ceiling, width - 2, max(floor - ceiling, 1), "box series\(place % 6)", title: text)
        let letters = Int((width - 8) / 6)
        guard floor - ceiling > 13, letters >= 4 else { return }
        svg.text(
            x(tensor.first) + 5, (ceiling + floor) / 2 + 4, tensor.name.shortened(to: letters), style: "label tiny")
    }

    /// Bytes in use at each moment, as a step curve.
    private func live(_ svg: inout SVG) {
        let points = memory.moments.enumerated().flatMap { time, moment in
            [(x: x(time), y: y(moment.liveBytes)), (x: x(time + 1), y: y(moment.liveBytes))]
        }
        svg.curve(points, "curve live")
    }
}
