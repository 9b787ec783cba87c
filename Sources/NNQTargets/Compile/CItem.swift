// SPDX-License-Identifier: Apache-2.0
// What stands at the top level of a C file: functions, types, data, macros.

/// A declaration or a macro, with the comment right above it.
struct CItem: Identifiable {
    /// Its place: the number of its file and its own there.
    struct ID: Hashable, Comparable {
        let file: Int
        let item: Int

        static func < (a: ID, b: ID) -> Bool { (a.file, a.item) < (b.file, b.item) }
    }

    enum Kind {
        case function
        /// A function or data defined elsewhere.
        case declaration
        case type
        case data
        case macro
        /// `#if` to `#endif`, whichever branch the compiler takes.
        case conditional
        /// A macro that makes a declaration, assembly: what defines no name of its own.
        case other
    }

    var id = ID(file: 0, item: 0)
    let path: String
    let kind: Kind
    let comment: String
    let tokens: [CToken]
    /// What it defines, enumerators included.
    let names: [String]
    /// Those that stand for numbers.
    var enumerators: [String] = []

    /// True where only its own file sees it: what a file shows to others begins with nnq_.
    var isLocal: Bool {
        path.hasSuffix(".c") && (kind == .type || kind == .macro || !(names.first ?? "").hasPrefix("nnq_"))
    }

    /// True where it is to be made static.
    var needsStatic: Bool { (kind == .function || kind == .data) && !says("static") }

    /// Whether a word occurs in it.
    func says(_ word: String) -> Bool {
        tokens.contains { token in
            token.text == word
                || token.kind == .directive && CToken.tokens(of: String(token.text.dropFirst())).contains { $0.text == word }
        }
    }
}

extension CItem {
    /// A macro.
    init(path: String, comment: String, define directive: CToken) {
        let words = CToken.tokens(of: String(directive.text.dropFirst())).filter { $0.kind == .word }
        self.init(path: path, kind: .macro, comment: comment, tokens: [directive], names: [words[1].text])
    }

    /// A declaration.
    init(path: String, comment: String, declaration tokens: [CToken]) {
        let outline = Outline(tokens)
        let (kind, names) = outline.classify()
        self.init(
            path: path, kind: kind, comment: comment, tokens: tokens, names: names,
            enumerators: kind == .type ? outline.enumerators : [])
    }

    init(path: String, comment: String, conditional tokens: [CToken], branches: [CItem]) {
        self.init(
            path: path, kind: .conditional, comment: comment, tokens: tokens, names: branches.flatMap(\.names))
    }
}

/// A declaration's code, with how deep each token lies in brackets.
private struct Outline {
    private struct Part {
        let text: String
        let kind: CToken.Kind
        let depth: Int
    }

    /// Without attributes.
    private let parts: [Part]

    init(_ tokens: [CToken]) {
        var parts: [Part] = []
        var depth = 0
        for token in tokens where token.isCode && token.kind != .directive {
            if [")", "]", "}"].contains(token.text) { depth -= 1 }
            parts.append(Part(text: token.text, kind: token.kind, depth: depth))
            if ["(", "[", "{"].contains(token.text) { depth += 1 }
        }
        self.parts = Self.withoutAttributes(parts)
    }

    private static func withoutAttributes(_ parts: [Part]) -> [Part] {
        var result: [Part] = []
        var index = 0
        while index < parts.count {
            if parts[index].text == "__attribute__" {
                let depth = parts[index].depth
                index += 1
                while index < parts.count, !(parts[index].text == ")" && parts[index].depth == depth) { index += 1 }
            } else {
                result.append(parts[index])
            }
            index += 1
        }
        return result
    }

    func classify() -> (CItem.Kind, [String]) {
        guard let first = parts.first, first.kind == .word else { return (.other, []) }
        if first.text == "typedef" { return (.type, [typedefName].compactMap { $0 } + tags + enumerators) }
        let call = parts.firstIndex { $0.text == "(" && $0.depth == 0 }
        let isData = parts.contains { $0.text == "=" && $0.depth == 0 }
        if let call, !isData {
            guard call > 1 else { return (.other, []) }
            let isBody = parts.last?.text == "}"
            return (isBody ? .function : .declaration, [parts[call - 1].text])
        }
        if isType { return (.type, tags + enumerators) }
        return (first.text == "extern" ? .declaration : .data, [dataName].compactMap { $0 })
    }

    /// `struct name { ... };` or `enum { ... };`
    private var isType: Bool {
        guard let last = parts.last(where: { $0.text != ";" }) else { return false }
        return last.text == "}" && ["struct", "union", "enum"].contains(parts[0].text)
    }

    /// The last name outside of brackets; of a function type the one before its parameters.
    private var typedefName: String? {
        if let call = parts.firstIndex(where: { $0.text == "(" && $0.depth == 0 }) {
            let pointer = parts[call + 1].text == "*"
            return pointer ? parts[call + 2].text : parts[call - 1].text
        }
        return parts.last { $0.kind == .word && $0.depth == 0 }?.text
    }

    /// The name before the initializer and the extents.
    private var dataName: String? {
        let end = parts.firstIndex { $0.depth == 0 && ["=", "[", ";"].contains($0.text) } ?? parts.count
        return parts[..<end].last { $0.kind == .word }?.text
    }

    private var tags: [String] {
        parts.indices.dropLast().compactMap { index in
            let isTag = ["struct", "union", "enum"].contains(parts[index].text) && parts[index].depth == 0
            return isTag && parts[index + 1].kind == .word ? parts[index + 1].text : nil
        }
    }

    var enumerators: [String] {
        guard parts.contains(where: { $0.text == "enum" && $0.depth == 0 }) else { return [] }
        return parts.indices.dropFirst().compactMap { index in
            let isFirst = ["{", ","].contains(parts[index - 1].text)
            return isFirst && parts[index].depth == 1 && parts[index].kind == .word ? parts[index].text : nil
        }
    }
}
