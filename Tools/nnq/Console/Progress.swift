// SPDX-License-Identifier: Apache-2.0
// Progress of long work: a bar with rate and time left on a terminal, a line now and then elsewhere.

import Foundation
import Synchronization

/// Reports how far a piece of work with a known number of units has come. Any thread may tell.
final class Progress: Sendable {
    private struct State {
        var lastShown: ContinuousClock.Instant
        var isDrawn = false
    }

    private let title: String
    private let unit: String
    private let total: Int
    private let first: Int
    private let started = ContinuousClock.now
    private let state: Mutex<State>

    /// - Parameters:
    ///   - unit: what is counted, in the plural: `samples`.
    ///   - first: units that were done before, which say nothing about the rate.
    init(_ title: String, total: Int, unit: String, from first: Int = 0) {
        self.title = title
        self.total = max(total, 1)
        self.first = first
        self.unit = unit
        state = Mutex(State(lastShown: started))
    }

    /// Shows the state if the last time is long enough ago: 0.1 s on a terminal, 10 s elsewhere.
    func update(_ done: Int, note: String = "") {
        let now = ContinuousClock.now
        state.withLock { state in
            guard now - state.lastShown >= (Console.isTerminal ? .milliseconds(100) : .seconds(10)) else { return }
            state.lastShown = now
            show(done, note, elapsed: now - started)
            state.isDrawn = Console.isTerminal
        }
    }

    /// Removes the bar and, if given, leaves a line in its place.
    func finish(_ line: String? = nil) {
        state.withLock { state in
            if state.isDrawn { write("\r\u{1B}[K") }
            state.isDrawn = false
        }
        if let line { Console.say(line) }
    }

    private func show(_ done: Int, _ note: String, elapsed: Duration) {
        let seconds = elapsed.seconds
        let rate = Double(done - first) / max(seconds, 1e-9)
        let left = rate > 0 ? Double(total - done) / rate : 0
        let percent = 100 * done / total
        var tail = "\(percent) %  \(Self.rounded(rate)) \(unit)/s  \(Self.clock(left)) left"
        if !note.isEmpty { tail += "  \(note)" }
        guard Console.isTerminal else { return Console.say("\(title)  \(tail)") }
        let cells = 24
        let full = min(cells, cells * done / total)
        let bar = String(repeating: "█", count: full) + String(repeating: "░", count: cells - full)
        write("\r\u{1B}[K\(title)  \(bar)  \(tail)")
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

    private static func rounded(_ rate: Double) -> String {
        rate >= 100 ? grouped(Int(rate)) : String(format: "%.1f", rate)
    }

    /// 75 s as 1:15.
    static func clock(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 359_999).rounded())
        let (hours, minutes) = (whole / 3600, whole / 60 % 60)
        let tail = String(format: hours > 0 ? "%02d:%02d" : "%d:%02d", minutes, whole % 60)
        return hours > 0 ? "\(hours):\(tail)" : tail
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

/// 1234567 as 1,234,567.
func grouped(_ value: Int) -> String {
    var digits = String(abs(value))
    var parts: [Substring] = []
    while digits.count > 3 {
        parts.insert(digits.suffix(3), at: 0)
        digits.removeLast(3)
    }
    return (value < 0 ? "-" : "") + ([Substring(digits)] + parts).joined(separator: ",")
}

/// 0.98765 as 98.77 %.
func percent(_ fraction: Double) -> String { String(format: "%.2f %%", 100 * fraction) }
