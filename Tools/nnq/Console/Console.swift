// SPDX-License-Identifier: Apache-2.0
// Where words and results go: people's words, and one JSON object for programs.

import Foundation

enum Console {
    /// A line for a person, on stderr.
    static func say(_ line: String) { FileHandle.standardError.write(Data("\(line)\n".utf8)) }

    /// A line of the result, on stdout.
    static func print(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }

    /// The one JSON object of a call with `--json`, on stdout.
    static func emit(_ result: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        print(String(decoding: try encoder.encode(result), as: UTF8.self))
    }

    /// True where stderr is a terminal that can redraw a line.
    static let isTerminal = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"

    /// Columns of the terminal on stdout; 100 elsewhere.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
        return Int(size.ws_col)
    }
}
