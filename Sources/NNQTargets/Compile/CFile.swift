// SPDX-License-Identifier: Apache-2.0
// A C file as its top-level items, seen by one build: include guards and conditions about the instruction set are
// resolved, includes are gone.

/// Splits the text of a file.
struct CFile {
    let path: String
    /// What identifiers of conditions stand for: `NNQ_ISA_DSP` and its kin.
    let known: [String: Bool]
    private(set) var items: [CItem] = []

    init(path: String, text: String, known: [String: Bool]) {
        self.path = path
        self.known = known
        items = split(CToken.tokens(of: text)[...])
    }

    private func split(_ tokens: ArraySlice<CToken>) -> [CItem] {
        var items: [CItem] = []
        var rest = tokens
        var comment = ""
        while let token = rest.first {
            switch token.kind {
            case .space:
                if token.text.filter({ $0 == "\n" }).count > 1 { comment = "" }
                rest = rest.dropFirst()
            case .comment:
                comment += (comment.isEmpty ? "" : "\n") + token.text
                rest = rest.dropFirst()
            case .directive:
                items += directive(&rest, comment)
                comment = ""
            default:
                items.append(CItem(path: path, comment: comment, declaration: Self.takeDeclaration(&rest)))
                comment = ""
            }
        }
        return items
    }

    private func directive(_ rest: inout ArraySlice<CToken>, _ comment: String) -> [CItem] {
        let token = rest.first!
        switch token.directiveName {
        case "define":
            rest = rest.dropFirst()
            return [CItem(path: path, comment: comment, define: token)]
        case "if", "ifdef", "ifndef":
            let group = Conditional(&rest)
            return resolve(group, comment)
        default:
            rest = rest.dropFirst()
            return []
        }
    }

    private func resolve(_ group: Conditional, _ comment: String) -> [CItem] {
        if group.isGuard { return split(group.branches[0].tokens.dropGuard()) }
        for branch in group.branches {
            switch value(of: branch.condition) {
            case true?: return split(branch.tokens)
            case false?: continue
            case nil:
                let inner = group.branches.flatMap { split($0.tokens) }
                return [CItem(path: path, comment: comment, conditional: group.tokens, branches: inner)]
            }
        }
        return []
    }

    /// Of the conditions that the tool decides itself; nil for the compiler's.
    private func value(of condition: String) -> Bool? {
        switch condition {
        case "else": return true
        case "ifdef __cplusplus": return false
        default:
            let words = condition.split(separator: " ").map(String.init)
            guard words.count == 2, words[0] == "if" || words[0] == "elif" else { return nil }
            return words[1].hasPrefix("!") ? known[String(words[1].dropFirst())].map { !$0 } : known[words[1]]
        }
    }

    /// Up to the semicolon outside of all brackets, or the brace that closes a function.
    private static func takeDeclaration(_ rest: inout ArraySlice<CToken>) -> [CToken] {
        var taken: [CToken] = []
        var depth = 0
        var isFunction = false
        var last = ""
        while let token = rest.popFirst() {
            taken.append(token)
            guard token.isCode, token.kind == .mark || token.kind == .word || token.kind == .number else { continue }
            switch token.text {
            case "(", "[", "{":
                if token.text == "{", depth == 0, last == ")" { isFunction = true }
                depth += 1
            case ")", "]", "}":
                depth -= 1
                if depth == 0, token.text == "}", isFunction { return taken }
            case ";": if depth == 0 { return taken }
            default: break
            }
            last = token.text
        }
        return taken
    }
}

/// `#if` to `#endif`.
private struct Conditional {
    /// All of it.
    let tokens: [CToken]
    let branches: [(condition: String, tokens: ArraySlice<CToken>)]

    init(_ rest: inout ArraySlice<CToken>) {
        let all = rest
        var branches: [(String, Range<Int>)] = []
        var condition = ""
        var start = rest.startIndex
        var depth = 0
        while let token = rest.popFirst() {
            guard token.kind == .directive else { continue }
            let index = rest.startIndex - 1
            switch token.directiveName {
            case "if", "ifdef", "ifndef":
                depth += 1
                if depth == 1 { (condition, start) = (token.directive, index + 1) }
            case "elif", "else":
                guard depth == 1 else { break }
                branches.append((condition, start..<index))
                (condition, start) = (token.directive, index + 1)
            case "endif":
                depth -= 1
                if depth == 0 { branches.append((condition, start..<index)) }
            default: break
            }
            if depth == 0 { break }
        }
        tokens = Array(all[all.startIndex..<rest.startIndex])
        self.branches = branches.map { ($0.0, all[$0.1]) }
    }

    /// `#ifndef NAME` with `#define NAME` right behind it.
    var isGuard: Bool {
        guard branches.count == 1, branches[0].condition.hasPrefix("ifndef ") else { return false }
        let name = branches[0].condition.dropFirst("ifndef ".count)
        return branches[0].tokens.first(where: \.isCode)?.directive == "define \(name)"
    }
}

extension ArraySlice<CToken> {
    /// What follows the `#define` of an include guard.
    fileprivate func dropGuard() -> ArraySlice<CToken> {
        self[index(after: firstIndex(where: \.isCode)!)...]
    }
}

extension CToken {
    /// `if`, `define`, ...
    var directiveName: Substring { directive.prefix { $0 != " " && $0 != "(" } }

    /// A directive without its `#`, its comments and superfluous space.
    var directive: String {
        let tokens = CToken.tokens(of: String(text.drop { $0 == "#" }))
        let words = tokens.map { $0.isCode ? $0.text : " " }.joined()
        return words.replacingOccurrences(of: "\\\n", with: " ").split(separator: " ").joined(separator: " ")
    }
}
