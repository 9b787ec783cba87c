// SPDX-License-Identifier: Apache-2.0
// A value of a recipe that knows where it stands, so that errors can say it.

import Yams

/// A YAML node with its place: the file's name and the path of keys that leads to it.
struct Value {
    let node: Node
    let file: String
    let path: String

    func error(_ problem: String) -> RecipeError {
        let line = node.mark.map { ":\($0.line)" } ?? ""
        return RecipeError("\(file)\(line): \(path.isEmpty ? "" : "\(path): ")\(problem)")
    }

    func int(_ range: ClosedRange<Int> = 0...Int(Int32.max)) throws -> Int {
        guard let value = node.int, range.contains(value) else {
            throw error("'\(text)' is not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func float(_ range: ClosedRange<Float> = -.greatestFiniteMagnitude ... .greatestFiniteMagnitude) throws -> Float {
        guard let value = node.float.map(Float.init) ?? node.int.map(Float.init), range.contains(value) else {
            throw error("'\(text)' is not a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func bool() throws -> Bool {
        guard let value = node.bool else { throw error("'\(text)' is neither true nor false") }
        return value
    }

    func string() throws -> String {
        guard let value = node.scalar?.string else { throw error("a word is expected here") }
        return value
    }

    /// One of the words of a closed list.
    func word<Choice: RawRepresentable & CaseIterable>(_: Choice.Type) throws -> Choice
    where Choice.RawValue == String {
        guard let choice = Choice(rawValue: text) else {
            throw error("'\(text)' is none of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    func list() throws -> [Value] {
        guard let sequence = node.sequence else { throw error("a list is expected here") }
        return sequence.enumerated().map {
            Value(node: $1, file: file, path: path.isEmpty ? "\($0 + 1)" : "\(path), entry \($0 + 1)")
        }
    }

    /// A list, or one value that stands for a list of one.
    func listOrOne() throws -> [Value] { node.sequence == nil ? [self] : try list() }

    /// The members of a mapping; keys that are not in `known` are errors.
    func members(_ known: [String]) throws -> [String: Value] {
        guard let mapping = node.mapping else {
            throw error("settings are expected here: \(known.joined(separator: ", "))")
        }
        var members: [String: Value] = [:]
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            guard known.contains(name) else {
                throw Value(node: key, file: file, path: path).error(
                    "'\(name)' is none of \(known.joined(separator: ", "))")
            }
            members[name] = Value(node: value, file: file, path: path.isEmpty ? name : "\(path).\(name)")
        }
        return members
    }

    var text: String { node.scalar?.string ?? (node.sequence == nil ? "{...}" : "[...]") }
}
