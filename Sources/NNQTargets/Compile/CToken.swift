// SPDX-License-Identifier: Apache-2.0
// C text as tokens, from which the text can be put together again.

/// A token of C, or what lies between two.
struct CToken: Hashable {
    enum Kind {
        /// A name or a keyword.
        case word
        case number
        /// A string or a character.
        case literal
        /// One character, or `->`.
        case mark
        /// A preprocessor line with all its continuations.
        case directive
        case comment
        case space
    }

    let kind: Kind
    let text: String

    /// True for what a compiler sees.
    var isCode: Bool { kind != .comment && kind != .space }
}

extension CToken {
    /// The tokens of a text.
    static func tokens(of text: String) -> [CToken] {
        var scanner = CScanner(text)
        var tokens: [CToken] = []
        while let token = scanner.next() { tokens.append(token) }
        return tokens
    }
}

private struct CScanner {
    private let bytes: [UInt8]
    private var position = 0
    private var isLineStart = true

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func next() -> CToken? {
        guard position < bytes.count else { return nil }
        let start = position
        let kind = skip()
        if kind == .space || kind == .comment {
            isLineStart = isLineStart || bytes[start..<position].contains(UInt8(ascii: "\n"))
        } else {
            isLineStart = kind == .directive
        }
        return CToken(kind: kind, text: String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private func starts(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes[position...].starts(with: $0) }
    }

    /// Moves behind the next token.
    private mutating func skip() -> CToken.Kind {
        let byte = bytes[position]
        if Self.isSpace(byte) {
            skip(while: Self.isSpace)
            return .space
        }
        if starts("/*") || starts("//") {
            skipComment()
            return .comment
        }
        if byte == UInt8(ascii: "#") && isLineStart {
            skipDirective()
            return .directive
        }
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
            skipLiteral()
            return .literal
        }
        if Self.isWord(byte) {
            let isNumber = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            skip { Self.isWord($0) || isNumber && $0 == UInt8(ascii: ".") }
            return isNumber ? .number : .word
        }
        position += starts("->") ? 2 : 1
        return .mark
    }

    private mutating func skip(while holds: (UInt8) -> Bool) {
        while position < bytes.count, holds(bytes[position]) { position += 1 }
    }

    private mutating func skipComment() {
        if starts("//") { return skip { $0 != UInt8(ascii: "\n") } }
        position += 2
        while position < bytes.count, !starts("*/") { position += 1 }
        position = min(position + 2, bytes.count)
    }

    private mutating func skipLiteral() {
        let quote = bytes[position]
        position += 1
        while position < bytes.count, bytes[position] != quote {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        position = min(position + 1, bytes.count)
    }

    /// To the end of the line that no backslash continues, comments skipped whole.
    private mutating func skipDirective() {
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") {
            if starts("/*") {
                skipComment()
            } else {
                position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
            }
        }
        position = min(position, bytes.count)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
