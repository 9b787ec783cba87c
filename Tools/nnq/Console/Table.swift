// SPDX-License-Identifier: Apache-2.0
// Tables for terminals.

/// Rows of text in columns as wide as their widest cell. Long cells are cut: imported layers can have names of hundreds
/// of letters, which `--json` gives whole.
struct Table {
    private var rows: [[String]]
    private let rightAligned: Set<Int>

    /// - Parameter rightAligned: columns of numbers.
    init(_ header: [String], rightAligned: Set<Int> = []) {
        rows = [header]
        self.rightAligned = rightAligned
    }

    private static let widestCell = 48

    mutating func add(_ row: [String]) {
        rows.append(row.map { $0.count <= Self.widestCell ? $0 : $0.prefix(Self.widestCell - 1) + "…" })
    }

    var lines: [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let fill = String(repeating: " ", count: widths[column] - cell.count)
                return rightAligned.contains(column) ? fill + cell : cell + fill
            }
            return cells.joined(separator: "  ").trimmingTrailingSpaces
        }
    }
}

extension String {
    fileprivate var trimmingTrailingSpaces: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
