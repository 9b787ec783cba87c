// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them.

import Foundation

enum Words {
    /// 1234567 as 1,234,567.
    static func grouped(_ value: Int) -> String {
        var text = ""
        for (place, digit) in String(value.magnitude).reversed().enumerated() {
            if place > 0, place % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (value < 0 ? "-" : "") + String(text.reversed())
    }

    /// 0.98765 as 98.77 %.
    static func percent(_ fraction: Double, digits: Int = 2) -> String { fixed(100 * fraction, digits) + " %" }

    /// A difference of fractions as points of a percent: -0.0012 as -0.12.
    static func points(_ difference: Double) -> String { signed(100 * difference, 2) }

    static func signed(_ value: Double, _ digits: Int) -> String {
        let text = fixed(abs(value), digits)
        let isZero = text.allSatisfy { $0 == "0" || $0 == "." }
        return isZero ? text : (value < 0 ? "\u{2212}" : "+") + text
    }

    static func fixed(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

    /// Six digits that count: 0.000123457, 12.3457, 1.23457e+07.
    static func number(_ value: Double) -> String { String(format: "%.6g", value) }

    /// Three digits that count.
    static func short(_ value: Double) -> String { String(format: "%.3g", value) }

    /// A small part of many: 0 as 0 %, next to nothing as under 0.001 %.
    static func share(_ fraction: Double) -> String {
        fraction == 0 ? "0 %" : fraction < 0.000_01 ? "under 0.001 %" : percent(fraction, digits: fraction < 0.01 ? 3 : 2)
    }

    static func decibels(_ value: Double?) -> String { value.map { fixed($0, 1) } ?? "exact" }

    /// A probability: 0.31, 0.0042, under 0.0001.
    static func probability(_ p: Double) -> String {
        p < 0.0001 ? "under 0.0001" : p >= 0.095 ? fixed(p, 2) : String(format: "%.2g", p)
    }

    static func interval(_ interval: Interval) -> String {
        "\(percent(interval.low)) to \(percent(interval.high))"
    }
}
