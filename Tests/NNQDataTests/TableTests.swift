// SPDX-License-Identifier: Apache-2.0
// CSV tables and NPY arrays.

import Foundation
import NNQData
import Testing

@Suite struct CSVTests {
    let folder: ScratchFolder
    init() throws { folder = try ScratchFolder() }

    private func read(_ text: String, _ options: CSVOptions = CSVOptions()) throws -> FloatDataset {
        try FloatDataset.csv(name: "t", path: folder.write(text, "t.csv"), options: options)
    }

    @Test func classesInTheLastColumn() throws {
        let set = try read("1,2,b\r\n-3.5,4e1,a\n\n5,6,b\n")
        #expect(set.target == .classes(names: ["a", "b"]))
        #expect((0..<3).map(set.label) == [1, 0, 1])
        #expect(set.sampleShape == [2])
        #expect(set.sample(1) == [-3.5, 40])
        #expect(set.rawRange == -3.5...40)
    }

    @Test func headerAndNamedTarget() throws {
        let text = "\u{feff}price; size ;\"the, \"\"name\"\"\"\n1.5;2;3.25\n2.5;3;4.25\n"
        let set = try read(text, CSVOptions(target: "price"))
        #expect(set.target == .values(names: ["price"]))
        #expect(set.sample(0) == [2, 3.25])
        #expect(set.targetValues(1) == [2.5])
        #expect(try read(text, CSVOptions(target: "the, \"name\"")).targetValues(0) == [3.25])
        #expect(try read(text, CSVOptions(target: "2", targetIsClass: false)).targetValues(0) == [2])
        #expect(try read(text, CSVOptions(target: "1", ignored: ["size"])).sampleShape == [1])
    }

    @Test func classesSortByNumber() throws {
        #expect(try read("0,10\n0,9\n0,10\n").classNames == ["9", "10"])
        #expect(try read("0,0.5\n0,1\n").target == .values(names: ["column 2"]))
    }

    @Test func namesLineAndColumn() {
        expectError("line 2, column 1 holds 'x'") { _ = try read("1,2\nx,3\n") }
        expectError("line 3, column 2 (b) is empty", "t.csv") { _ = try read("a,b,c\n1,2,3\n1,,3\n") }
        expectError("line 1, column 1 holds 'nan'") { _ = try read("nan,2\n1,2\n", CSVOptions(hasHeader: false)) }
        expectError("line 2, column 1 holds 'inf'") { _ = try read("1,2\ninf,2\n") }
        expectError("line 3 has 1 cells, line 1 has 2") { _ = try read("1,2\n1,3\n4\n") }
        expectError("quote that opens in line 2") { _ = try read("1,2\n\"3,4\n5,6\n") }
        expectError("no rows") { _ = try read("\n\n") }
        expectError("header but no samples") { _ = try read("a,b\n", CSVOptions(hasHeader: true)) }
        expectError("no column 'z'", "a, b") { _ = try read("a,b\n1,2\n", CSVOptions(target: "z")) }
        expectError("no column is left") { _ = try read("1\n2\n") }
        expectError("every line has the class '1'") { _ = try read("5,1\n6,1\n") }
        expectError("line 2, column 2 names no class") { _ = try read("1,a\n2,\n3,b\n") }
    }

    @Test func splitIsDeterministicAndDisjoint() throws {
        let set = try read((0..<50).map { "\($0),\($0 % 3)" }.joined(separator: "\n"))
        let test = try splitDataset(set, .test, testShare: 0.2, seed: 4)
        let train = try splitDataset(set, .train, testShare: 0.2, seed: 4)
        #expect(test.count == 10 && train.count == 40)
        #expect(Set(test.indices).union(train.indices) == Set(0..<50))
        #expect(try splitDataset(set, .test, testShare: 0.2, seed: 4).indices == test.indices)
        #expect(try splitDataset(set, .test, testShare: 0.2, seed: 5).indices != test.indices)
        #expect(try splitDataset(set, .test, testShare: 0).count == 1)
        #expect(try splitDataset(set, .train, testShare: 1).count == 1)
    }
}

@Suite struct NPYTests {
    let folder: ScratchFolder
    init() throws { folder = try ScratchFolder() }

    @Test func writesAndReadsEveryType() throws {
        let arrays = [
            NPYArray(shape: [2, 2], values: .uint8([0, 1, 254, 255])),
            NPYArray(shape: [3], values: .int8([-128, 0, 127])),
            NPYArray(shape: [1, 2], values: .int32([.min, .max])),
            NPYArray(shape: [2, 1], values: .int64([.min, 77])),
            NPYArray(shape: [2], values: .float32([-0.5, 3.25e30])),
            NPYArray(shape: [], values: .float64([0.1])),
        ]
        for array in arrays {
            let path = folder.path + "/a.npy"
            try array.write(to: path)
            #expect(try NPYArray(path: path) == array)
            let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
            let headerEnd = 10 + Int(bytes[8]) + Int(bytes[9]) * 256
            #expect(headerEnd % 64 == 0 && bytes[headerEnd - 1] == 10)
        }
        #expect(folder.contents == ["a.npy"])
    }

    private func file(_ header: String, _ data: [UInt8], version: UInt8 = 1) throws -> String {
        let length = header.utf8.count
        let size: [UInt8] =
            version == 1 ? [UInt8(length & 255), UInt8(length >> 8)] : [UInt8(length & 255), UInt8(length >> 8), 0, 0]
        return try folder.write(
            [0x93] + Array("NUMPY".utf8) + [version, 0] + size + Array(header.utf8) + data, "x.npy")
    }

    @Test func readsForeignHeaders() throws {
        let big = try NPYArray(
            path: file("{'descr': '>i4', 'fortran_order': False, 'shape': (2,)}\n", [0, 0, 1, 0, 255, 255, 255, 255]))
        #expect(big.values == .int32([256, -1]))
        let second = try NPYArray(
            path: file(
                "{'shape': (1, 2), 'fortran_order': False, 'descr': '<f4'}", [0, 0, 128, 63, 0, 0, 0, 192], version: 2))
        #expect(second.shape == [1, 2] && second.floats == [1, -2])
        let flags = try NPYArray(path: file("{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }", [0, 1]))
        #expect(flags.integers == [0, 1])
    }

    @Test func refusesWhatItCannotRead() throws {
        func read(_ header: String, _ data: [UInt8] = [0, 0, 0, 0]) throws {
            _ = try NPYArray(path: file(header, data))
        }
        expectError("column by column", "ascontiguousarray") {
            try read("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }")
        }
        expectError("type <c8", "astype") { try read("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }") }
        expectError("does not state") { try read("{'descr': [('a', '<f4')], 'fortran_order': False}") }
        expectError("empty or too large") { try read("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }") }
        expectError("empty or too large") {
            try read("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }")
        }
        expectError("8 bytes are needed, 4 are there") {
            try read("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }")
        }
        expectError("more bytes follow") { try read("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }") }
        expectError("shape holds '-1'") { try read("{'descr': '|u1', 'fortran_order': False, 'shape': (-1,), }") }
        expectError("not an .npy file") { _ = try NPYArray(path: folder.write("NUMPY is nice", "y.npy")) }
        expectError("version 9") { _ = try NPYArray(path: file("{}", [], version: 9)) }
        let path = folder.path + "/whole.npy"
        try NPYArray(shape: [3], values: .uint8([1, 2, 3])).write(to: path)
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        for length in 0..<whole.count {
            let cut = try folder.write(Array(whole[..<length]), "cut.npy")
            expectError("ends inside", "cut.npy") { _ = try NPYArray(path: cut) }
        }
    }

    @Test func pairsBecomeDatasets() throws {
        let (x, y) = (folder.path + "/x_train.npy", folder.path + "/y_train.npy")
        try NPYArray(shape: [2, 2, 2], values: .uint8([1, 2, 3, 4, 5, 6, 7, 8])).write(to: x)
        try NPYArray(shape: [2], values: .int64([1, 0])).write(to: y)
        let images = try NPYArray.dataset(name: "p", samples: x, targets: y)
        #expect(images.isByteImage && images.sampleShape == [2, 2, 1] && images.label(0) == 1)
        #expect(try DataCatalog(root: "/nowhere").load(folder.path, split: .train).sample(1) == [5, 6, 7, 8])
        try NPYArray(shape: [2, 2], values: .float64([1, 2, 3, 4])).write(to: y)
        let values = try NPYArray.dataset(name: "p", samples: x, targets: y)
        #expect(values.targetValues(1) == [3, 4] && !values.isByteImage)
        #expect(try DataCatalog(root: "/nowhere").load("\(x),\(y)", split: .test).count == 1)
        try NPYArray(shape: [3], values: .int64([1, 0, 0])).write(to: y)
        expectError("3 targets for 2 samples") { _ = try NPYArray.dataset(name: "p", samples: x, targets: y) }
        try NPYArray(shape: [2], values: .int64([1, -1])).write(to: y)
        expectError("class -1 of sample 1") { _ = try NPYArray.dataset(name: "p", samples: x, targets: y) }
        try NPYArray(shape: [2], values: .float32([1, .nan])).write(to: y)
        expectError("not finite") { _ = try NPYArray.dataset(name: "p", samples: x, targets: y) }
    }
}
