// SPDX-License-Identifier: Apache-2.0
// Files appear whole or not at all, and errors are sentences.

import Foundation
import NNQBase
import Testing

@Suite struct WholeFileTests {
    /// A folder of its own for each test.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func entries(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
    }

    @Test func givesBackWhatWasWritten() throws {
        try withFolder { folder in
            for count in [0, 1, 4096, 1_000_003] {
                let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                try WholeFile.write(bytes, to: "\(folder)/file")
                #expect(try WholeFile.read("\(folder)/file") == bytes)
            }
            #expect(try entries(folder) == ["file"])
        }
    }

    @Test func namesWhatIsMissing() throws {
        try withFolder { folder in
            #expect(throws: FileError("cannot read \(folder)/none: there is no such file or folder")) {
                try WholeFile.read("\(folder)/none")
            }
            #expect(throws: FileError("cannot write \(folder)/none/file: there is no such file or folder")) {
                try WholeFile.write([1], to: "\(folder)/none/file")
            }
            #expect(throws: FileError("cannot read \(folder): it is a folder")) { try WholeFile.read(folder) }
            #expect(throws: FileError("cannot write \(folder): it is a folder")) {
                try WholeFile.write([1], to: folder)
            }
            try WholeFile.write([1], to: "\(folder)/file")
            #expect(throws: FileError("cannot read \(folder)/file/x: a part of the path is not a folder")) {
                try WholeFile.read("\(folder)/file/x")
            }
            #expect(try entries(folder) == ["file"])
        }
    }

    @Test(.enabled(if: geteuid() != 0, "the superuser may write anywhere"))
    func aFolderWithoutPermission() throws {
        try withFolder { folder in
            chmod(folder, 0o555)
            defer { chmod(folder, 0o755) }
            #expect(throws: FileError("cannot write \(folder)/file: permission is denied")) {
                try WholeFile.write([1], to: "\(folder)/file")
            }
        }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/version"), "there is no /proc here"))
    func aFileSystemThatTakesNoFiles() {
        #expect(throws: FileError.self) { try WholeFile.write([1], to: "/proc/nnq-test") }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "there is no /dev/full here"))
    func aFullDisk() {
        #expect(throws: FileError("cannot write /dev/full: the disk is full: free some space or choose another folder"))
        {
            try WholeFile.write([1, 2, 3], to: "/dev/full")
        }
        #expect(FileManager.default.fileExists(atPath: "/dev/full"))
    }

    @Test func anUnfinishedWriteLeavesTheOldFile() throws {
        try withFolder { folder in
            let path = "\(folder)/file"
            try WholeFile.write([1, 2, 3], to: path)
            // The part beside it cannot be made, so nothing may change.
            try FileManager.default.createDirectory(
                atPath: "\(path).\(getpid()).part", withIntermediateDirectories: true)
            #expect(throws: FileError.self) { try WholeFile.write([9], to: path) }
            #expect(try WholeFile.read(path) == [1, 2, 3])
        }
    }

    @Test func readsFilesOfUnknownSize() throws {
        guard FileManager.default.fileExists(atPath: "/proc/self/status") else { return }
        #expect(try WholeFile.read("/proc/self/status").count > 100)
    }
}
