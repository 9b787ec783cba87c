// SPDX-License-Identifier: Apache-2.0
// Pieces of the page. All of it is well-formed XML, so that it can be checked as such.

enum Markup {
    /// A part with its heading and what it says in a sentence or two.
    static func section(_ title: String, _ note: String = "", _ content: String) -> String {
        let note = note.isEmpty ? "" : "<p class=\"muted\">\(note.escaped)</p>"
        return "<section><h2>\(title.escaped)</h2>\(note)\(content)</section>\n"
    }

    static func figure(_ title: String, _ picture: String, caption: String) -> String {
        "<figure><h3>\(title.escaped)</h3>\(picture)<figcaption>\(caption.escaped)</figcaption></figure>\n"
    }

    static func grid(_ figures: [String], isSmall: Bool = false) -> String {
        "<div class=\"grid\(isSmall ? " small" : "")\">\(figures.joined())</div>"
    }

    /// - Parameter rows: cells of markup. The first column holds names; those that `words` lists do too.
    static func table(_ header: [String], _ rows: [[String]], words: Set<Int> = []) -> String {
        func cell(_ tag: String, _ column: Int, _ content: String) -> String {
            "<\(tag)\(words.contains(column) ? " class=\"word\"" : "")>\(content)</\(tag)>"
        }
        let head = header.enumerated().map { cell("th", $0.offset, $0.element.escaped) }.joined()
        let body = rows.map { row in
            "<tr>" + row.enumerated().map { cell("td", $0.offset, $0.element) }.joined() + "</tr>\n"
        }
        return
            "<div class=\"scroll\"><table><thead><tr>\(head)</tr></thead><tbody>\n\(body.joined())</tbody></table></div>"
    }

    static func tile(_ name: String, _ value: String, _ note: String) -> String {
        "<div class=\"tile\"><span>\(name.escaped)</span><b>\(value.escaped)</b><span>\(note.escaped)</span></div>"
    }
}
