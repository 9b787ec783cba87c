// SPDX-License-Identifier: Apache-2.0
// Writes files as a Swift dictionary: embed-text OUTPUT TARGET PACKAGE FILE...
// Keys are paths within the folder TARGET, else within the folder PACKAGE.

import Foundation

let arguments = CommandLine.arguments
let folders = arguments[2...3].map { $0.hasSuffix("/") ? $0 : $0 + "/" }
var entries = ""
for path in arguments.dropFirst(4) {
    let folder = folders.first { path.hasPrefix($0) } ?? ""
    let content = try String(contentsOfFile: path, encoding: .utf8)
    precondition(!content.contains("\"\"\"##") && !content.contains("\\##"), "\(path) ends or leaves a raw string")
    entries += "    \"\(path.dropFirst(folder.count))\": ##\"\"\"\n\(content)\n\"\"\"##,\n"
}
let text = "/// Files by path, as they were when this was built.\nlet embeddedText: [String: String] = [\n\(entries)]\n"
try text.write(toFile: arguments[1], atomically: true, encoding: .utf8)
