// SPDX-License-Identifier: Apache-2.0
// A damaged .tflite file gets an error, or is another model: nothing else happens.

import NNQImport
import NNQFormat
import Testing

struct DamageTests {
    /// Reads bytes that may be anything; an accepted program must also be one that the writer can judge.
    private func read(_ bytes: [UInt8]) {
        do {
            if case .int8(let program) = try TFLiteImporter.read(bytes: bytes) { _ = try? ProgramFile(program) }
        } catch let error as ImportError {
            #expect(error.description.count > 20)
        } catch {
            Issue.record("another error than ImportError: \(error)")
        }
    }

    private func damage(_ bytes: [UInt8]) {
        for length in bytes.indices { read(Array(bytes[..<length])) }
        for position in bytes.indices {
            for change: UInt8 in [0x01, 0x80, 0xFF] {
                var damaged = bytes
                damaged[position] ^= change
                read(damaged)
            }
        }
    }

    @Test func everyByteOfASmallModel() throws {
        let bytes = SmallModel.convolution.bytes
        _ = try importedProgram(bytes)
        damage(bytes)
    }

    @Test(.enabled(if: SharedModels.arePresent, Comment(rawValue: SharedModels.absence)))
    func everyByteOfHelloWorld() throws {
        damage(try SharedModels.bytes("tflite-micro/hello_world/hello_world_int8.tflite"))
        damage(try SharedModels.bytes("tflite-micro/hello_world/hello_world_float.tflite"))
    }

    @Test func noFileAtAll() {
        expectError([], "the file has 0 bytes")
        expectError(Array("TFL3TFL3".utf8), "is damaged or not whole")
        expectError([8, 0, 0, 0] + Array("TFL3".utf8), "ends at byte 8")
        expectError(Array("a text, not a model".utf8), "is not a TensorFlow Lite model")
    }

    @Test func sizesThatAreTooLarge() {
        var model = SmallModel.convolution
        model.tensors[0].shape = [1, 65536, 65536, 65536]
        expectError(model.bytes, "tensor 0 (\"map\") has the shape 1x65536x65536x65536")
        model = .convolution
        model.tensors[1].shape = [2, 3, 3, 2]
        expectError(model.bytes, "has 18 bytes of values, and its shape 2x3x3x2 needs 36")
        model = .convolution
        model.tensors[0].shape = Array(repeating: 1, count: 9)
        expectError(model.bytes, "has 9 extents")
    }

    @Test func aVectorThatClaimsTooMuch() throws {
        let bytes = SmallModel.convolution.bytes
        // The shape of the first tensor: its length is the only 4 before 1, 4, 4, 1.
        let shape: [UInt8] = [4, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0]
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: shape) })
        var damaged = bytes
        damaged.replaceSubrange(place..<place + 4, with: [255, 255, 255, 127])
        expectError(damaged, "2147483647 elements")
    }

    /// The offset of a field leads to the field itself, or all over the file: the reader goes only as deep as the
    /// schema.
    @Test func offsetsThatLeadAnywhere() {
        for target: UInt32 in 0..<64 {
            let root = Flat.table([1: .offset(target), 2: .offset(target), 4: .offset(target)])
            #expect(throws: ImportError.self) { try TFLiteImporter.read(bytes: root.file()) }
        }
    }

    /// Every operator of a small file shares one filter, and each would take a copy.
    @Test func constantsThatGrow() {
        let size: Int32 = 512
        var model = SmallModel(
            tensors: [
                SmallTensor(name: "x", shape: [1, size]),
                SmallTensor(name: "w", shape: [size, size], data: [UInt8](repeating: 1, count: Int(size * size))),
            ],
            operators: [], outputs: [40])
        for index: Int32 in 2...40 {
            model.tensors.append(SmallTensor(name: "y\(index)", shape: [1, size], scales: [500]))
            model.operators.append(
                SmallOperator(code: 9, inputs: [index == 2 ? 0 : index - 1, 1, -1], outputs: [index]))
        }
        expectError(model.bytes, "more than 16 times the file's size")
    }
}
