// SPDX-License-Identifier: Apache-2.0
// Finds what a person probably meant.

/// Suggestions for misspelt names.
enum Spelling {
    /// The candidate nearest to `word`, if one is near enough to be meant.
    static func nearest(to word: String, in candidates: [String]) -> String? {
        let lower = word.lowercased()
        let ranked = candidates.map { (distance(lower, $0.lowercased()), $0) }.min { $0.0 < $1.0 }
        guard let (distance, name) = ranked, distance <= max(2, word.count / 3) else { return nil }
        return name
    }

    /// Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment).
    static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a), Array(b))
        var rows = [Array(0...b.count)]
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var best = min(row[j], rows[i][j + 1]) + 1
                best = min(best, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
