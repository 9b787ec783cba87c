// SPDX-License-Identifier: Apache-2.0
// One C text from the items of many files: those that some names need, each after what it needs itself, all of them
// static.

import NNQFormat

/// Picks items from files.
struct Amalgamation {
    /// Items by what they define: those that other files see, and those of one file.
    private var shared: [String: [CItem]] = [:]
    private var local: [String: [String: [CItem]]] = [:]

    /// - Parameter files: where two define the same name, the first one counts.
    init(_ files: [CFile]) {
        for (number, file) in files.enumerated() {
            var seen: [String: [CItem]] = [:]
            for (place, var item) in file.items.enumerated() {
                item.id = CItem.ID(file: number, item: place)
                for name in item.names {
                    if item.isLocal {
                        local[file.path, default: [:]][name, default: []].append(item)
                    } else {
                        seen[name, default: []].append(item)
                    }
                }
            }
            shared.merge(seen) { first, later in
                first.contains { $0.kind != .declaration } ? first : later
            }
        }
    }

    /// The items that `roots` need.
    /// - Throws: `FormatError` where a root is unknown or only declared.
    func text(of roots: [String]) throws -> String {
        var collection = Collection(self)
        for root in roots {
            guard let items = shared[root], items.contains(where: { $0.kind != .declaration }) else {
                throw FormatError.program("the runtime has no \(root)")
            }
            items.forEach { collection.add($0) }
        }
        return try collection.text()
    }

    /// What a name means in a file.
    fileprivate func items(named name: String, in path: String) -> [CItem] {
        local[path]?[name] ?? shared[name] ?? []
    }

    /// Whether a name is one of the file's own.
    fileprivate func isLocal(_ name: String, in path: String) -> Bool { local[path]?[name] != nil }
}

/// Items and what each of them needs.
private struct Collection {
    private struct Member {
        let item: CItem
        let text: String
        let needs: [CItem.ID]
    }

    private let source: Amalgamation
    private var members: [CItem.ID: Member] = [:]

    init(_ source: Amalgamation) { self.source = source }

    /// Adds an item with all that it needs.
    mutating func add(_ item: CItem) {
        guard item.kind != .declaration, members[item.id] == nil else { return }
        let references = References(item, source)
        let needs = references.items.filter { $0.kind != .declaration && $0.id != item.id }
        // Some macros say static.
        let needsStatic = item.needsStatic && !needs.contains { $0.kind == .macro && $0.says("static") }
        let text = (needsStatic ? "static " : "") + references.text
        members[item.id] = Member(item: item, text: text, needs: needs.map(\.id))
        needs.forEach { add($0) }
    }

    /// Each item after what it needs, and otherwise those of a file together and in its order.
    /// - Throws: `FormatError` where items need each other.
    func text() throws -> String {
        var text = ""
        var heading = ""
        var waiting = members.keys.sorted()
        var written: Set<CItem.ID> = []
        while !waiting.isEmpty {
            let ready = waiting.filter { members[$0]!.needs.allSatisfy(written.contains) }
            guard let next = ready.first(where: { members[$0]!.item.path == heading }) ?? ready.first else {
                let names = waiting.flatMap { members[$0]!.item.names }.joined(separator: ", ")
                throw FormatError.program("the runtime's items cannot be put in order: \(names)")
            }
            let member = members[next]!
            if member.item.path != heading {
                heading = member.item.path
                text += "/* --- \(heading) --- */\n\n"
            }
            text += (member.item.comment.isEmpty ? "" : member.item.comment + "\n")
            text += member.text + "\n\n"
            written.insert(next)
            waiting.removeAll { $0 == next }
        }
        return text
    }
}

/// What an item refers to, and its text with the names that it has beside other files' items.
private struct References {
    private let item: CItem
    private let source: Amalgamation
    private(set) var items: [CItem] = []
    private(set) var text = ""
    /// Names that the item gives to variables and members of its own.
    private var hidden: Set<String> = []
    /// The last two tokens that a compiler sees.
    private var last = ""
    private var lastButOne = ""
    /// Whether a bracket follows.
    private var isCall = false
    private let isAssembly: Bool

    init(_ item: CItem, _ source: Amalgamation) {
        self.item = item
        self.source = source
        isAssembly = item.tokens.contains { $0.text == "__asm__" }
        for (index, token) in item.tokens.enumerated() {
            isCall = item.tokens[(index + 1)...].first(where: \.isCode)?.text == "("
            text += read(token)
        }
    }

    /// Follows one token; returns it as it is written.
    private mutating func read(_ token: CToken) -> String {
        switch token.kind {
        case .space, .comment: return token.text
        case .directive: return readWords(of: token, hiding: macroParameters(of: token))
        case .literal:
            advance(token.text)
            return isAssembly ? readWords(of: token, hiding: []) : token.text
        default:
            defer { advance(token.text) }
            return token.kind == .word ? readWord(token.text) : token.text
        }
    }

    private mutating func advance(_ text: String) { (lastButOne, last) = (last, text) }

    private mutating func readWord(_ word: String) -> String {
        if item.names.contains(word), !hidden.contains(word) {
            // The definition itself; what follows of the same name, a parameter say, is another thing.
            if item.kind == .function, last != "." { hidden.insert(word) }
            return renamed(word)
        }
        let found = source.items(named: word, in: item.path)
        guard !found.isEmpty, !hidden.contains(word), last != ".", last != "->" else { return word }
        if declares(word, found[0]) {
            hidden.insert(word)
            return word
        }
        items += found
        return renamed(word)
    }

    /// Whether a word that others define stands for something new here, as in `int32_t word` or `const patch *word`;
    /// products are `a * word(...)` and `a * WORD`, and macros stand anywhere.
    private func declares(_ word: String, _ found: CItem) -> Bool {
        guard found.kind != .macro else { return false }
        if last == "*" {
            let isOperand = found.kind == .function ? isCall : found.kind == .data || found.enumerators.contains(word)
            return !isOperand && Self.isName(lastButOne)
        }
        return Self.isName(last) && !Self.keywords.contains(last)
    }

    private static func isName(_ text: String) -> Bool { text.first.map { $0.isLetter || $0 == "_" } ?? false }

    /// What may stand before a name that is used.
    private static let keywords: Set = [
        "return", "else", "case", "do", "goto", "sizeof", "const", "static", "inline", "struct", "union", "enum",
        "volatile", "register", "typedef", "extern", "restrict",
    ]

    /// Words within a directive or assembly; in the latter, instructions are not to be taken for functions of the file.
    private mutating func readWords(of token: CToken, hiding parameters: Set<String>) -> String {
        var result = ""
        let inner = token.kind == .literal ? Self.words(token.text) : Self.directiveWords(token.text)
        for (text, isWord) in inner {
            let found = isWord && !parameters.contains(text) ? source.items(named: text, in: item.path) : []
            let isOwn = item.names.contains(text)
            let isUsed = token.kind == .directive || text.hasPrefix("nnq_")
            if isUsed, !isOwn { items += found }
            result += isWord && (isOwn || isUsed && !found.isEmpty) ? renamed(text) : text
        }
        return result
    }

    private static func directiveWords(_ text: String) -> [(String, Bool)] {
        [("#", false)] + CToken.tokens(of: String(text.dropFirst())).map { ($0.text, $0.kind == .word) }
    }

    /// Splits a literal at what is not a letter, a digit or an underscore.
    private static func words(_ text: String) -> [(String, Bool)] {
        var result: [(String, Bool)] = []
        for character in text {
            let isWord = character.isLetter || character.isNumber || character == "_"
            if let last = result.last, last.1 == isWord {
                result[result.count - 1].0.append(character)
            } else {
                result.append((String(character), isWord))
            }
        }
        return result
    }

    private func macroParameters(of token: CToken) -> Set<String> {
        guard token.directiveName == "define" else { return [] }
        let tokens = CToken.tokens(of: String(token.text.dropFirst()))
        guard let name = tokens.firstIndex(where: { $0.kind == .word && $0.text != "define" }),
            name + 1 < tokens.count, tokens[name + 1].text == "("
        else { return [] }
        return Set(tokens[(name + 1)...].prefix { $0.text != ")" }.filter { $0.kind == .word }.map(\.text))
    }

    /// `pixel` of conv2d.c becomes `conv2d_pixel`; a capital name stays one.
    private func renamed(_ name: String) -> String {
        guard source.isLocal(name, in: item.path), !name.hasPrefix("nnq_"), !name.hasPrefix("NNQ_") else {
            return name
        }
        let stem = item.path.split(separator: "/").last!.split(separator: ".")[0]
        return (name == name.uppercased() ? stem.uppercased() : String(stem)) + "_" + name
    }
}
