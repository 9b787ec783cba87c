// SPDX-License-Identifier: Apache-2.0
// The C names of one model: all of them begin with its name, so that two models share a program.

import NNQFormat

/// Names in generated C.
struct CNames {
    /// `vww`
    let name: String
    /// `VWW`
    let capital: String

    /// - Parameter name: a checked name.
    init(_ name: String) {
        self.name = name
        capital = name.uppercased()
    }

    var arena: String { "\(name)_arena" }

    func constants(_ operation: Int) -> String { "\(name)_constants_\(operation)" }
    func shape(_ operation: Int) -> String { "\(name)_shape_\(operation)" }
    func call(_ operation: Int) -> String { "\(name)_call_\(operation)" }
    func inputs(_ operation: Int) -> String { "\(name)_inputs_\(operation)" }

    /// `input`, or `input_1` where there are several.
    static func end(_ kind: String, _ index: Int, of count: Int) -> String { count == 1 ? kind : "\(kind)_\(index)" }

    /// - Throws: `FormatError` where a name cannot begin C names and name a header.
    static func checked(_ name: String) throws -> String {
        let headers = ["stdint", "stddef", "string"]
        guard isIdentifier(name), !headers.contains(name), !name.hasPrefix("nnq_") else {
            throw FormatError.program(
                "'\(name)' cannot be the name of a model in C: it needs letters, digits and underscores, "
                    + "and must not be the name of a standard header: choose one with --name")
        }
        return name
    }

    private static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, !("0"..."9").contains(first), first != "_" else { return false }
        return name.unicodeScalars.allSatisfy(isPart)
    }

    private static func isPart(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "_"
    }
}

extension CompiledModel {
    /// A name for the model in a file of that path: its base name with underscores for what C does not allow.
    public static func name(forFile path: String) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? "model"
        let base = file.hasSuffix(".nnq") ? String(file.dropLast(4)) : file
        var name = String(base.unicodeScalars.map { $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil) ? Character($0) : "_" })
        while name.hasPrefix("_") { name.removeFirst() }
        guard let first = name.first else { return "model" }
        return first.isNumber || (try? CNames.checked(name)) == nil ? "model_\(name)" : name
    }
}
