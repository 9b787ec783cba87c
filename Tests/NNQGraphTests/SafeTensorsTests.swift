// SPDX-License-Identifier: Apache-2.0
// Float-model files: written, read, damaged, cut short.

import Foundation
import NNQBase
import NNQGraph
import Testing

@Suite struct SafeTensorsTests {
    private func model() throws -> Model {
        let metadata = Metadata(
            task: .binary, normalization: Normalization(mean: [1, 2], std: [3, 4]), classes: ["no", "yes/\"maybe\""],
            hasByteInput: true, notes: ["recipe": "xor"])
        return try Model(input: [4, 4, 2], seed: 5, metadata: metadata) {
            Conv2D(3, kernel: 3, stride: 2, padding: .explicit(top: 1, bottom: 0, left: 2, right: 1))
            BatchNorm()
            LeakyReLU(slope: 0.3)
            Concat([[MaxPool(2)], [AveragePool(2)]])
            Reshape([6])
            Dense(2)
            Dropout(0.1)
            Softmax()
        }
    }

    private func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).safetensors")
            .path
        // Unlike WholeFile, without waiting for the disk: this runs thousands of times.
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        defer { unlink(path) }
        try body(path)
    }

    @Test func modelsComeBackEqual() throws {
        let model = try model()
        let bytes = try model.safeTensors().bytes()
        #expect(try model.safeTensors().bytes() == bytes)
        try withFile(bytes) { path in
            let read = try Model(contentsOf: path)
            #expect(read == model)
        }
        // The values start at a multiple of 8.
        #expect(bytes[0] % 8 == 0)
    }

    @Test func everyBitOfAValueIsKept() throws {
        let values: [Float] = [
            0, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .infinity, -1.5, Float(bitPattern: 0x7fc0_1234),
        ]
        let file = SafeTensors(
            tensors: [
                "a": Tensor(shape: [7], values: values), "empty": Tensor(shape: [0, 3], values: []),
                "scalar": Tensor(shape: [], values: [2]),
            ],
            metadata: ["x": "y"])
        let read = try SafeTensors(bytes: file.bytes())
        #expect(read.tensors["a"]!.values.map(\.bitPattern) == values.map(\.bitPattern))
        #expect(
            read.tensors["empty"]!.shape == [0, 3] && read.tensors["scalar"]!.values == [2]
                && read.metadata == ["x": "y"])
        #expect(try SafeTensors(bytes: SafeTensors(tensors: [:]).bytes()) == SafeTensors(tensors: [:]))
    }

    @Test func everyTruncationIsRefused() throws {
        let bytes = try model().safeTensors().bytes()
        for length in 0..<bytes.count {
            #expect(throws: GraphError.self, "\(length) bytes") { try SafeTensors(bytes: Array(bytes[..<length])) }
        }
    }

    /// Whatever a byte becomes, reading ends: with another model or with a sentence, never with a trap.
    @Test func everyDamagedByteIsSurvived() throws {
        let bytes = try model().safeTensors().bytes()
        let header = 8 + Int(bytes[0]) + Int(bytes[1]) << 8
        var refused = 0
        for place in 0..<header {
            for flip in [UInt8(0x01), 0x10, 0x80] {
                var damaged = bytes
                damaged[place] ^= flip
                try withFile(damaged) { path in
                    do { _ = try Model(contentsOf: path) } catch let error as GraphError {
                        #expect(error.description.contains(path))
                        refused += 1
                    }
                }
            }
        }
        #expect(refused > header)
    }

    private func header(_ json: String, payload: Int = 0) -> [UInt8] {
        let text = Array(json.utf8)
        return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text
            + Array(repeating: 0, count: payload)
    }

    @Test func saysWhatIsWrong() throws {
        let cases: [([UInt8], String)] = [
            ([], "it has 0 bytes; the header's length alone takes 8"),
            (Array(repeating: 0xff, count: 20), "bytes 0 to 7 give a header of 18446744073709551615 bytes; 12 follow"),
            ([1, 0, 0, 0, 0, 0, 0, 0, 0x7b], "bytes 0 to 7 give a header of 1 bytes; 1 follow"),
            (header("[]"), "the header (bytes 8 to 9) is not a JSON object"),
            (header("{\"a\""), "the header (bytes 8 to 11) is not a JSON object"),
            (header("{\"a\":1}"), "tensor 'a' lacks dtype, shape or data_offsets"),
            (
                header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}"),
                "tensor 'a' lacks dtype, shape or data_offsets"
            ),
            (
                header("{\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]}}", payload: 2),
                "tensor 'a' has type F16; convert it to F32"
            ),
            (
                header("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", payload: 4),
                "tensor 'a' of shape [2] does not match its bytes [0, 8] of 4"
            ),
            (
                header("{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", payload: 8),
                "tensor 'a' of shape [3] does not match its bytes [0, 8] of 8"
            ),
            (
                header("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[4,0]}}", payload: 8),
                "tensor 'a' of shape [-1] does not match its bytes [4, 0] of 8"
            ),
            (
                header(
                    "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}", payload: 8),
                "tensor 'a' of shape [4611686018427387904, 4] does not match its bytes [0, 8] of 8"
            ),
            (
                header(
                    "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],"
                        + "\"data_offsets\":[-9223372036854775808,9223372036854775807]}}",
                    payload: 8),
                "tensor 'a' of shape [1] does not match its bytes [-9223372036854775808, 9223372036854775807] of 8"
            ),
        ]
        for (bytes, sentence) in cases {
            #expect(throws: GraphError(sentence)) { try SafeTensors(bytes: bytes) }
        }
    }

    @Test func aFileWithoutAGraphIsNoModel() throws {
        let plain = try SafeTensors(tensors: ["a": Tensor(shape: [1], values: [1])]).bytes()
        try withFile(plain) { path in
            #expect(throws: GraphError("\(path) holds tensors but no nnq graph: 'nnq train' writes such files")) {
                try Model(contentsOf: path)
            }
        }
        let odd = try SafeTensors(tensors: [:], metadata: ["nnq.graph": "{}"]).bytes()
        try withFile(odd) { path in
            let error = #expect(throws: GraphError.self) { try Model(contentsOf: path) }
            #expect(error?.description.hasPrefix("\(path): its nnq graph cannot be read") == true)
        }
        #expect(throws: FileError("cannot read /nowhere/m.safetensors: there is no such file or folder")) {
            try Model(contentsOf: "/nowhere/m.safetensors")
        }
    }
}
