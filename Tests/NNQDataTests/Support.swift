// SPDX-License-Identifier: Apache-2.0
// What the tests of the data module share: scratch folders, hashes, expectations about errors, the real data.

import CZlib
import Foundation
import NNQData
import Testing

/// A folder that is removed with the value that names it.
final class ScratchFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "nnq-data-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes `bytes` to a file here and returns its path.
    @discardableResult
    func write(_ bytes: [UInt8], _ name: String) throws -> String {
        let file = "\(path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    @discardableResult
    func write(_ text: String, _ name: String) throws -> String { try write(Array(text.utf8), name) }

    var contents: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}

/// 64-bit FNV-1a.
func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}

/// The message of the DataError that `body` throws; no error, or another one, fails the test.
func message(_ body: () throws -> Void, at location: SourceLocation = #_sourceLocation) -> String {
    do {
        try body()
        Issue.record("no error was thrown", sourceLocation: location)
    } catch let error as DataError {
        #expect(error.description.hasSuffix("."), sourceLocation: location)
        return error.description
    } catch {
        Issue.record("an error of another kind: \(error)", sourceLocation: location)
    }
    return ""
}

/// Expects a DataError whose sentence holds every one of `parts`.
func expectError(_ parts: String..., at location: SourceLocation = #_sourceLocation, _ body: () throws -> Void) {
    let text = message(body, at: location)
    for part in parts where !text.contains(part) {
        Issue.record("'\(part)' is missing in: \(text)", sourceLocation: location)
    }
}

/// `bytes` as a gzip file.
func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
    let folder = try ScratchFolder()
    let path = folder.path + "/x.gz"
    let file = gzopen(path, "wb")
    #expect(Int(gzwrite(file, bytes, UInt32(bytes.count))) == bytes.count)
    gzclose(file)
    return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

func bigEndian(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }

/// An IDX file of unsigned bytes.
func idx(_ dimensions: [Int], _ bytes: [UInt8]) -> [UInt8] {
    [0, 0, 8, UInt8(dimensions.count)] + dimensions.flatMap(bigEndian) + bytes
}

/// The real data sets; tests that need one are disabled where it is absent.
enum RealData {
    static let catalog = DataCatalog()
    static func has(_ name: String) -> Bool { catalog.listing().contains { $0.name == name && $0.isPresent } }
}
