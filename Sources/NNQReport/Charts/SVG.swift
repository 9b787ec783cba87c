// SPDX-License-Identifier: Apache-2.0
// A drawing in the making: shapes whose colours the page's style gives by class.

import Foundation

/// An inline SVG picture. Coordinates are in its own units, y downwards.
struct SVG {
    let width: Double
    let height: Double
    private var elements: [String] = []

    init(width: Double, height: Double) { (self.width, self.height) = (width, height) }

    /// Where a text stands beside its point.
    enum Anchor: String { case start, middle, end }

    /// - Parameters:
    ///   - style: classes of the page's style.
    ///   - opacity: of the fill, where it stands for a value.
    ///   - title: what a pointer over it tells.
    mutating func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String, opacity: Double? = nil,
        title: String? = nil
    ) {
        var text = "<rect x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(max(width, 0)))\" height=\"\(n(max(height, 0)))\""
        text += " class=\"\(style)\""
        if let opacity { text += " fill-opacity=\"\(n(opacity))\"" }
        elements.append(text + (title.map { "><title>\($0.escaped)</title></rect>" } ?? "/>"))
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
        elements.append(
            "<line x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\" class=\"\(style)\"/>")
    }

    mutating func circle(_ x: Double, _ y: Double, radius: Double, _ style: String) {
        elements.append("<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(radius))\" class=\"\(style)\"/>")
    }

    mutating func curve(_ points: [(x: Double, y: Double)], _ style: String) {
        let text = points.map { "\(n($0.x)),\(n($0.y))" }.joined(separator: " ")
        elements.append("<polyline points=\"\(text)\" class=\"\(style)\"/>")
    }

    mutating func text(
        _ x: Double, _ y: Double, _ text: String, _ anchor: Anchor = .start, style: String = "label",
        rotated: Double = 0
    ) {
        let turn = rotated == 0 ? "" : " transform=\"rotate(\(n(rotated)) \(n(x)) \(n(y)))\""
        elements.append(
            "<text x=\"\(n(x))\" y=\"\(n(y))\" text-anchor=\"\(anchor.rawValue)\" class=\"\(style)\"\(turn)>"
                + "\(text.escaped)</text>")
    }

    /// - Parameters:
    ///   - label: what the picture shows, for those who do not see it.
    ///   - isFluid: whether it shrinks with its column; else it keeps its size, and its box scrolls.
    func markup(label: String, isFluid: Bool = true) -> String {
        let size = isFluid ? "" : " width=\"\(n(width))\" height=\"\(n(height))\""
        return "<svg viewBox=\"0 0 \(n(width)) \(n(height))\"\(size) role=\"img\" aria-label=\"\(label.escaped)\">"
            + elements.joined() + "</svg>"
    }

    /// A file of its own, in the page's colours.
    func file(label: String) -> String {
        let size = "viewBox=\"0 0 \(n(width)) \(n(height))\" width=\"\(n(width))\" height=\"\(n(height))\""
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size) role=\"img\" aria-label=\"\(label.escaped)\">"
            + "<style>\(Style.drawing)</style><rect width=\"100%\" height=\"100%\" class=\"paper\"/>"
            + elements.joined() + "</svg>\n"
    }

    /// At most two decimals; JSON-like, whatever the locale.
    private func n(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }
}

extension String {
    /// As text or an attribute of XML; characters that XML cannot hold become a question mark.
    var escaped: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: result += "?"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// At most so many letters, the last an ellipsis where some are missing.
    func shortened(to limit: Int) -> String { count <= limit ? self : prefix(max(limit - 1, 1)) + "\u{2026}" }
}
