// SPDX-License-Identifier: Apache-2.0
// The constants of a model as C arrays.

/// Arrays of bytes; equal ones are written once.
struct ConstantTable {
    private let names: CNames
    private var places: [[UInt8]: String] = [:]
    /// All of the arrays' bytes.
    private(set) var byteCount = 0
    private(set) var text = ""

    init(_ names: CNames) { self.names = names }

    /// The name of the array with an op's constants.
    mutating func place(_ bytes: [UInt8], of operation: Int) -> String {
        if let name = places[bytes] { return name }
        let name = names.constants(operation)
        places[bytes] = name
        byteCount += bytes.count
        text += Self.array(of: bytes, as: "static const uint8_t \(name)[\(bytes.count)] NNQ_WORD_ALIGNED")
        return name
    }

    /// A definition with its bytes, as many in a line as fit.
    static func array(of numbers: [some BinaryInteger], as declaration: String) -> String {
        var text = "\(declaration) = {\n"
        var line = "   "
        for number in numbers {
            let item = " \(number),"
            if line.utf8.count + item.utf8.count > 120 {
                text += line + "\n"
                line = "   "
            }
            line += item
        }
        return text + line + "\n};\n"
    }
}
