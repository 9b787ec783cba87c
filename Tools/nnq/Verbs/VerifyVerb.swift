// SPDX-License-Identifier: Apache-2.0
// nnq verify: asks the runtime whether it would take a file.

import ArgumentParser
import NNQBase
import NNQFormat

struct VerifyVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check an int8 model as the C runtime does before it runs one.",
        discussion: "Example: nnq verify lenet5.nnq")

    @Argument(help: "The .nnq file.") var model: String
    @OptionGroup var json: JSONOption

    private struct Result: Encodable {
        let valid: Bool
        let error: String?
        let meaning: String?
        let operation: Int?
        let byte: Int?
    }

    func run() throws {
        let bytes = try WholeFile.read(model)
        do {
            _ = try ProgramFile(bytes: bytes)
        } catch let error as FormatError {
            if json.isOn { try Console.emit(Self.result(error)) }
            throw error.named(model)
        }
        if json.isOn {
            return try Console.emit(Result(valid: true, error: nil, meaning: nil, operation: nil, byte: nil))
        }
        Console.print("\(model): valid, \(grouped(bytes.count)) bytes")
    }

    private static func result(_ error: FormatError) -> Result {
        guard case .file(let code, let meaning, let operation, _, let byte) = error else {
            return Result(valid: false, error: nil, meaning: error.description, operation: nil, byte: nil)
        }
        return Result(valid: false, error: code, meaning: meaning, operation: operation, byte: byte)
    }
}
