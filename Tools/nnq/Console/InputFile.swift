// SPDX-License-Identifier: Apache-2.0
// One input for a model, from a file of any known kind.

import Foundation
import NNQBase
import NNQData
import NNQFormat
import NNQGraph
import NNQQuantize

/// A picture, numbers, or a raw tensor, told apart by the file's extension.
struct InputFile {
    let path: String

    init(_ path: String) { self.path = path }

    /// The inputs of a program from as many files; nil where there are none.
    /// - Throws: an error that says what was expected of which file.
    static func values(of paths: [String], for program: Program, named model: String) throws -> [[Int8]]? {
        if paths.isEmpty { return nil }
        let count = program.inputCount - program.stateCount
        guard paths.count == count else {
            throw FileError("\(model) has \(count == 1 ? "one input" : "\(count) inputs"), and \(paths.count) were given")
        }
        return try paths.indices.map { try InputFile(paths[$0]).bytes(for: program, input: $0) }
    }

    /// The file's content as input `index` of a program: int8, or the bytes of larger integers.
    /// - Throws: an error that says what was expected.
    func bytes(for program: Program, input index: Int = 0) throws -> [Int8] {
        let tensor = program.tensors[index]
        if isRaw { return try counted(try WholeFile.read(path), tensor.byteCount).map { Int8(bitPattern: $0) } }
        let extents = Extents(tensor.height, tensor.width, tensor.channels)
        switch tensor.type {
        case .int8, .int16:
            let mapping = InputMapping(tensor, info: index == 0 ? program.info : ProgramInfo())
            if isPicture { return mapping.map(try picture(extents)) }
            return mapping.map(try numbers(extents))
        case .int32: return try numbers(extents).flatMap { Self.bytes(of: try integer($0, Int32.self)) }
        }
    }

    /// The file's content as input `index` of a float model, normalised where it is the first.
    /// - Throws: an error that says what was expected.
    func floats(for model: Model, input index: Int = 0) throws -> [Float] {
        guard case .input(let shape) = model.graph.nodes[model.graph.inputs[index]].layer else { return [] }
        if isRaw {
            let bytes = try counted(try WholeFile.read(path), shape.count * 4)
            return bytes.withUnsafeBytes { raw in
                (0..<shape.count).map {
                    Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
                }
            }
        }
        let extents = Extents(shape.height, shape.width, shape.count / (shape.height * shape.width))
        let raw = isPicture ? try picture(extents).map { Float($0) } : try numbers(extents)
        let normalization = index == 0 ? model.metadata.normalization : .identity
        let channels = normalization.mean.count
        return raw.indices.map { (raw[$0] - normalization.mean[$0 % channels]) / normalization.std[$0 % channels] }
    }

    private struct Extents {
        let height, width, channels: Int

        init(_ height: Int, _ width: Int, _ channels: Int) {
            (self.height, self.width, self.channels) = (height, width, channels)
        }

        var count: Int { height * width * channels }
    }

    private var kind: String { (path as NSString).pathExtension.lowercased() }
    private var isRaw: Bool { kind == "bin" }
    private var isPicture: Bool { ["png", "jpg", "jpeg"].contains(kind) }

    private func picture(_ extents: Extents) throws -> [UInt8] {
        guard extents.channels == 1 || extents.channels == 3 else {
            throw FileError(
                "\(path) is a picture, but the model's input has \(extents.channels) channels: give .npy, .csv or .bin")
        }
        return try ImageFile.read(
            path, channels: extents.channels, height: extents.height, width: extents.width
        ).pixels
    }

    private func numbers(_ extents: Extents) throws -> [Float] {
        let values: [Float]
        switch kind {
        case "npy": values = try NPYArray(path: path).floats
        case "csv": values = try text()
        default: throw FileError("\(path): an input is .png, .jpg, .npy, .csv or .bin")
        }
        guard values.count == extents.count else {
            throw FileError(
                "\(path) holds \(values.count) values; the model's input is "
                    + "\(extents.height)x\(extents.width)x\(extents.channels), \(extents.count) values")
        }
        return values
    }

    private func counted(_ bytes: [UInt8], _ count: Int) throws -> [UInt8] {
        guard bytes.count == count else {
            throw FileError("\(path) holds \(bytes.count) values; the model's input takes \(count) bytes")
        }
        return bytes
    }

    private func integer<Number: FixedWidthInteger>(_ value: Float, _ type: Number.Type) throws -> Number {
        guard let number = Number(exactly: value) else {
            throw FileError("\(path): \(value) is no \(Number.bitWidth)-bit whole number, and the input takes those")
        }
        return number
    }

    private static func bytes(of number: some FixedWidthInteger) -> [Int8] {
        withUnsafeBytes(of: number) { $0.map { Int8(bitPattern: $0) } }
    }

    /// Numbers separated by commas, semicolons, blanks or line ends.
    private func text() throws -> [Float] {
        let text = String(decoding: try WholeFile.read(path), as: UTF8.self)
        let words = text.split { $0 == "," || $0 == ";" || $0.isWhitespace }
        return try words.map { word in
            guard let value = Float(word), value.isFinite else { throw FileError("\(path): '\(word)' is not a number") }
            return value
        }
    }
}
