// SPDX-License-Identifier: Apache-2.0
// What models cost against what they lose, as a picture of its own.

import Foundation

/// Points of a search, those that no other beats joined by a line; an .svg file that needs nothing else.
public struct FrontChart: Sendable {
    public struct Point: Sendable {
        public var name: String
        /// What it costs, in the unit of `costName`.
        public var cost: Double
        /// What it loses, in the unit of `dropName`, and what that may be off by.
        public var drop: Double
        public var error: Double
        public var isOnFront: Bool
        public var isChosen: Bool

        public init(name: String, cost: Double, drop: Double, error: Double, isOnFront: Bool, isChosen: Bool) {
            (self.name, self.cost, self.drop, self.error) = (name, cost, drop, error)
            (self.isOnFront, self.isChosen) = (isOnFront, isChosen)
        }
    }

    public var title: String
    public var costName: String
    public var dropName: String
    public var points: [Point]
    /// Limits to draw; nil for none.
    public var costLimit: Double?
    public var dropLimit: Double?

    public init(
        title: String, costName: String, dropName: String, points: [Point], costLimit: Double? = nil,
        dropLimit: Double? = nil
    ) {
        (self.title, self.costName, self.dropName, self.points) = (title, costName, dropName, points)
        (self.costLimit, self.dropLimit) = (costLimit, dropLimit)
    }

    private static let width = 720.0
    private static let plot = (left: 70.0, top: 44.0, right: 700.0, bottom: 364.0)

    /// The file's text.
    public var svg: String {
        let front = points.filter(\.isOnFront).sorted { ($0.cost, $0.drop) < ($1.cost, $1.drop) }
        var drawing = SVG(width: Self.width, height: Self.plot.bottom + 64 + 20 * Double(front.count))
        drawing.text(Self.plot.left, 24, title, style: "cell title")
        let (x, y) = (costAxis, dropAxis)
        drawAxes(x, y, on: &drawing)
        drawing.curve(Self.stairs(front).map { (x.place($0.cost), y.place($0.drop)) }, "curve series0")
        for point in points {
            let (px, py) = (x.place(point.cost), y.place(point.drop))
            drawing.line(px, y.place(point.drop - point.error), px, y.place(point.drop + point.error), "grid")
            drawing.circle(px, py, radius: point.isChosen ? 8 : 5, point.style)
        }
        for (place, point) in front.enumerated() {
            let row = Self.plot.bottom + 64 + 20 * Double(place)
            drawing.text(x.place(point.cost) + 9, y.place(point.drop) - 7, "\(place + 1)", style: "cell")
            drawing.circle(Self.plot.left + 4, row - 4, radius: 5, point.style)
            let figures = "\(Words.grouped(Int(point.cost))), drops \(Words.signed(point.drop, 2))"
            let chosen = point.isChosen ? ", chosen" : ""
            drawing.text(Self.plot.left + 16, row, "\(place + 1)  \(point.name): \(figures)\(chosen)", style: "cell")
        }
        return drawing.file(label: title)
    }

    /// Between two points of a front, the cost of the next does not help until it is paid. Points that are on the front
    /// for what is not drawn are left out.
    private static func stairs(_ front: [Point]) -> [(cost: Double, drop: Double)] {
        var corners: [(Double, Double)] = []
        for point in front where point.drop < corners.last?.1 ?? .infinity {
            if let last = corners.last { corners.append((point.cost, last.1)) }
            corners.append((point.cost, point.drop))
        }
        return corners
    }

    private struct Axis {
        let low, high, start, end: Double
        func place(_ value: Double) -> Double { start + (value - low) / (high - low) * (end - start) }
    }

    private var costAxis: Axis {
        let values = points.map(\.cost) + (costLimit.map { [$0] } ?? [])
        return Self.axis(values.min() ?? 0, values.max() ?? 1, Self.plot.left, Self.plot.right)
    }

    private var dropAxis: Axis {
        var values: [Double] = [0]
        if let dropLimit { values.append(dropLimit) }
        for point in points { values += [point.drop - point.error, point.drop + point.error] }
        return Self.axis(values.min()!, values.max()!, Self.plot.bottom, Self.plot.top)
    }

    private static func axis(_ low: Double, _ high: Double, _ start: Double, _ end: Double) -> Axis {
        let margin = max(high - low, abs(high) * 0.1, 0.1) * 0.06
        return Axis(low: low - margin, high: high + margin, start: start, end: end)
    }

    private func drawAxes(_ x: Axis, _ y: Axis, on drawing: inout SVG) {
        let plot = Self.plot
        for value in Self.ticks(y.low, y.high) {
            drawing.line(plot.left, y.place(value), plot.right, y.place(value), value == 0 ? "axis" : "grid")
            drawing.text(plot.left - 6, y.place(value) + 4, Words.short(value), .end)
        }
        for value in Self.ticks(x.low, x.high) {
            drawing.line(x.place(value), plot.bottom, x.place(value), plot.bottom + 5, "axis")
            drawing.text(x.place(value), plot.bottom + 18, Words.grouped(Int(value)), .middle)
        }
        drawing.line(plot.left, plot.bottom, plot.right, plot.bottom, "axis")
        drawing.text((plot.left + plot.right) / 2, plot.bottom + 36, costName, .middle)
        drawing.text(16, (plot.top + plot.bottom) / 2, dropName, .middle, rotated: -90)
        if let costLimit { drawing.line(x.place(costLimit), plot.top, x.place(costLimit), plot.bottom, "clip") }
        if let dropLimit { drawing.line(plot.left, y.place(dropLimit), plot.right, y.place(dropLimit), "clip") }
    }

    /// About five round values between two.
    static func ticks(_ low: Double, _ high: Double) -> [Double] {
        let rough = (high - low) / 5
        let power = pow(10, floor(log10(rough)))
        let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? 10 * power
        return (Int((low / step).rounded(.up))...max(Int((low / step).rounded(.up)), Int((high / step).rounded(.down))))
            .map { Double($0) * step }
    }
}

extension FrontChart.Point {
    fileprivate var style: String { isChosen ? "int8" : isOnFront ? "float" : "empty" }
}
