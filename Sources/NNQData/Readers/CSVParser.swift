// SPDX-License-Identifier: Apache-2.0
// Takes CSV text apart into cells, each with its line: quotes, both line endings, no guesses.

/// Rows of cells (RFC 4180; a comma, semicolon or tab separates). Blank lines are skipped, cells are trimmed.
struct CSVParser {
    struct Row: Equatable {
        /// Line of the file, from 1.
        let line: Int
        let cells: [String]
    }

    let path: String
    private(set) var rows: [Row] = []
    private var cells: [String] = []
    private var cell: [UInt8] = []
    private var line = 1

    /// Parses `bytes`; an unclosed quote, no rows at all, or rows of different length throw.
    init(_ bytes: [UInt8], path: String) throws(DataError) {
        self.path = path
        let text = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes[3...] : bytes[...]
        let separator = Self.separator(of: text)
        var quoted = false
        var openedAt = 1
        var startLine = 1
        var i = text.startIndex
        while i < text.endIndex {
            let byte = text[i]
            i += 1
            if byte == UInt8(ascii: "\n") { line += 1 }
            if quoted {
                if byte != UInt8(ascii: "\"") {
                    cell.append(byte)
                } else if i < text.endIndex, text[i] == byte {
                    cell.append(byte)
                    i += 1
                } else {
                    quoted = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\"") where cell.allSatisfy({ $0 == UInt8(ascii: " ") }):
                quoted = true
                openedAt = line
            case separator: endCell()
            case UInt8(ascii: "\n"):
                endRow(startLine)
                startLine = line
            case UInt8(ascii: "\r"): continue
            default: cell.append(byte)
            }
        }
        guard !quoted else {
            throw DataError("a quote that opens in line \(openedAt) is never closed", path: path)
        }
        endRow(startLine)
        try checkWidths()
    }

    private static func separator(of text: ArraySlice<UInt8>) -> UInt8 {
        var quoted = false
        let first = text.prefix { $0 != UInt8(ascii: "\n") }.filter { byte in
            if byte == UInt8(ascii: "\"") { quoted.toggle() }
            return !quoted
        }
        for candidate in [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")] where first.contains(candidate) {
            return candidate
        }
        return UInt8(ascii: ",")
    }

    private mutating func endCell() {
        let space = UInt8(ascii: " ")
        var part = cell[...]
        while part.first == space { part.removeFirst() }
        while part.last == space { part.removeLast() }
        cells.append(String(decoding: part, as: UTF8.self))
        cell.removeAll(keepingCapacity: true)
    }

    private mutating func endRow(_ startLine: Int) {
        endCell()
        if cells.count > 1 || !cells[0].isEmpty { rows.append(Row(line: startLine, cells: cells)) }
        cells.removeAll(keepingCapacity: true)
    }

    private func checkWidths() throws(DataError) {
        guard let first = rows.first else {
            throw DataError(
                "the file holds no rows", path: path, remedy: "Give a CSV file with one sample in each line")
        }
        if let odd = rows.first(where: { $0.cells.count != first.cells.count }) {
            throw DataError(
                "line \(odd.line) has \(odd.cells.count) cells, line \(first.line) has \(first.cells.count)",
                path: path,
                remedy: "Give every line the same number of cells")
        }
    }
}
