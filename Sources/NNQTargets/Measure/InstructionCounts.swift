// SPDX-License-Identifier: Apache-2.0
// What the counting plugin writes: a row of counts for each mark that the program passed.

import Foundation

/// How many instructions of each kind; Counter/count_classes.h says what the kinds are.
public struct InstructionCounts: Hashable, Sendable {
    public var instructions = 0
    public var loads = 0
    public var stores = 0
    public var singleStores = 0
    public var freeLoads = 0
    public var takenBranches = 0
    public var calls = 0
    public var multiplies = 0
    public var multiplyAdds = 0
    public var longMultiplies = 0
    public var divides = 0
    public var vectors = 0
    public var vectorOverlaps = 0

    public init() {}

    /// In the plugin's order.
    static let columns: [(name: String, WritableKeyPath<InstructionCounts, Int> & Sendable)] = [
        ("instructions", \.instructions), ("loads", \.loads), ("stores", \.stores), ("single_stores", \.singleStores),
        ("free_loads", \.freeLoads), ("taken_branches", \.takenBranches), ("calls", \.calls),
        ("multiplies", \.multiplies), ("multiply_adds", \.multiplyAdds), ("long_multiplies", \.longMultiplies),
        ("divides", \.divides), ("vectors", \.vectors), ("vector_overlaps", \.vectorOverlaps),
    ]

    static func + (a: InstructionCounts, b: InstructionCounts) -> InstructionCounts {
        var sum = a
        for (_, column) in columns { sum[keyPath: column] += b[keyPath: column] }
        return sum
    }
}

/// What happened from one mark to the next.
package struct CountedRow {
    package let mark: String
    package var counts: InstructionCounts
    /// How far down from its top the stack was written.
    package var stackBytes: Int

    /// Reads what the plugin wrote.
    static func rows(_ text: String) throws -> [CountedRow] {
        let lines = text.split(separator: "\n").map { $0.split(separator: " ") }
        let names = InstructionCounts.columns.map(\.name)
        guard let header = lines.first, header.map(String.init) == ["name"] + names + ["stack"] else {
            throw TargetError("the counting plugin wrote no table; QEMU 7 or 8 with plugins is needed")
        }
        return try lines.dropFirst().map { words in
            let numbers = words.dropFirst().compactMap { Int($0) }
            guard numbers.count == names.count + 1 else { throw TargetError("the counting plugin's table is cut short") }
            var counts = InstructionCounts()
            for (value, column) in zip(numbers, InstructionCounts.columns) { counts[keyPath: column.1] = value }
            return CountedRow(mark: String(words[0]), counts: counts, stackBytes: numbers.last!)
        }
    }
}
