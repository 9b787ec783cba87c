// SPDX-License-Identifier: Apache-2.0
// A data set from a CSV table: feature columns, and one column that is to be learnt.

/// How a CSV file is to be understood.
public struct CSVOptions: Sendable, Equatable {
    /// Whether the first line names the columns; nil decides: it does if it holds no number and the second line does.
    public var hasHeader: Bool?
    /// The target's column: a name from the header or a number from 1; nil is the last one.
    public var target: String?
    /// Whether the target is a class; nil decides: words are classes, so are at most 20 different whole numbers.
    public var targetIsClass: Bool?
    /// Columns to leave out, by name or number from 1.
    public var ignored: [String]

    public init(
        hasHeader: Bool? = nil, target: String? = nil, targetIsClass: Bool? = nil, ignored: [String] = []
    ) {
        self.hasHeader = hasHeader
        self.target = target
        self.targetIsClass = targetIsClass
        self.ignored = ignored
    }
}

/// A CSV table made into samples.
struct CSVTable {
    private let path: String
    private let names: [String]
    private let rows: [CSVParser.Row]
    private let options: CSVOptions

    init(path: String, options: CSVOptions) throws(DataError) {
        var file = try InputFile(path)
        var bytes: [UInt8] = []
        while true {
            let part = try file.readUpTo(1 << 20)
            bytes += part
            if part.count < 1 << 20 { break }
        }
        let parsed = try CSVParser(bytes, path: path).rows
        let header = options.hasHeader ?? Self.looksLikeHeader(parsed)
        self.path = path
        self.options = options
        names = header ? parsed[0].cells : (1...parsed[0].cells.count).map { "column \($0)" }
        rows = Array(parsed.dropFirst(header ? 1 : 0))
        guard !rows.isEmpty else {
            throw DataError("the file holds a header but no samples", path: path)
        }
    }

    private static func looksLikeHeader(_ rows: [CSVParser.Row]) -> Bool {
        guard rows.count > 1, !rows[0].cells.contains(where: { Float($0) != nil }) else { return false }
        return rows[1].cells.contains { Float($0) != nil }
    }

    func dataset(name: String) throws(DataError) -> FloatDataset {
        let target = try options.target.map { wanted throws(DataError) in try column(wanted) } ?? names.count - 1
        var left: Set<Int> = [target]
        for wanted in options.ignored { left.insert(try column(wanted)) }
        let features = names.indices.filter { !left.contains($0) }
        guard !features.isEmpty else {
            throw DataError("no column is left to learn from", path: path, remedy: "Give at least two columns")
        }
        var values: [Float] = []
        values.reserveCapacity(rows.count * features.count)
        for row in rows {
            for feature in features { values.append(try number(row, feature)) }
        }
        if targetIsClass(target) {
            let (classes, labels) = try self.classes(target)
            return try FloatDataset(
                name: name, shape: [features.count], values: values, classes: classes, labels: labels)
        }
        var targets: [Float] = []
        for row in rows { targets.append(try number(row, target)) }
        return try FloatDataset(
            name: name, shape: [features.count], values: values, targetNames: [names[target]], targets: targets)
    }

    private func column(_ wanted: String) throws(DataError) -> Int {
        if let index = names.firstIndex(of: wanted) { return index }
        if let number = Int(wanted), names.indices.contains(number - 1) { return number - 1 }
        throw DataError(
            "there is no column '\(wanted)'", path: path,
            remedy: "Use one of \(names.joined(separator: ", ")), or a number from 1 to \(names.count)")
    }

    private func number(_ row: CSVParser.Row, _ column: Int) throws(DataError) -> Float {
        let cell = row.cells[column]
        if let value = Float(cell), value.isFinite { return value }
        let problem = cell.isEmpty ? "is empty" : "holds '\(cell.prefix(40))', not a finite number"
        let title = names[column] == "column \(column + 1)" ? "" : " (\(names[column]))"
        throw DataError(
            "line \(row.line), column \(column + 1)\(title) \(problem)", path: path,
            remedy: "Fill the cell, drop the line, or leave the column out")
    }

    private func targetIsClass(_ target: Int) -> Bool {
        if let stated = options.targetIsClass { return stated }
        var seen: Set<String> = []
        for row in rows {
            let cell = row.cells[target]
            if Float(cell) == nil { return true }
            if Int(cell) == nil { return false }
            seen.insert(cell)
            if seen.count > 20 { return false }
        }
        return true
    }

    /// Classes in the order of their numbers, or of the alphabet.
    private func classes(_ target: Int) throws(DataError) -> (names: [String], labels: [Int32]) {
        for row in rows where row.cells[target].isEmpty || row.cells[target].lowercased() == "nan" {
            throw DataError(
                "line \(row.line), column \(target + 1) names no class", path: path,
                remedy: "Fill the cell or drop the line")
        }
        let words = Set(rows.map { $0.cells[target] })
        let ordered = words.sorted { a, b in
            if let x = Float(a), let y = Float(b), x != y { return x < y }
            return a < b
        }
        guard ordered.count > 1 else {
            throw DataError(
                "every line has the class '\(ordered[0])'", path: path,
                remedy: "Give at least two classes, or name another target column")
        }
        let number = Dictionary(uniqueKeysWithValues: ordered.enumerated().map { ($1, Int32($0)) })
        return (ordered, rows.map { number[$0.cells[target]]! })
    }
}

extension FloatDataset {
    /// Reads a table of numbers from `path` (.csv, also .gz); one column is the target.
    ///
    /// Text in a feature, empty cells, NaN and infinities throw, naming line and column.
    public static func csv(name: String, path: String, options: CSVOptions = CSVOptions()) throws(DataError)
        -> FloatDataset
    {
        try CSVTable(path: path, options: options).dataset(name: name)
    }
}
