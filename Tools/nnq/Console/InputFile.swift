// SPDX-License-Identifier: Apache-2.0
// One input for a model, from a file of any known kind.

import Foundation
import NNQBase
import NNQData
import NNQFormat
import NNQQuantize

/// A picture, numbers, or raw int8, told apart by the file's extension.
struct InputFile {
    let path: String

    init(_ path: String) { self.path = path }

    /// The file's content as the program's input tensor.
    /// - Throws: an error that says what was expected.
    func int8(for program: Program) throws -> [Int8] {
        let tensor = program.tensors[0]
        let mapping = InputMapping(program)
        switch (path as NSString).pathExtension.lowercased() {
        case "png", "jpg", "jpeg":
            guard tensor.channels == 1 || tensor.channels == 3 else {
                throw FileError(
                    "\(path) is a picture, but the model's input has \(tensor.channels) channels: "
                        + "give .npy, .csv or .bin"
                )
            }
            let picture = try ImageFile.read(
                path, channels: tensor.channels, height: tensor.height, width: tensor.width)
            return mapping.map(picture.pixels)
        case "npy": return mapping.map(try counted(try NPYArray(path: path).floats, tensor))
        case "csv": return mapping.map(try counted(try numbers(), tensor))
        case "bin": return try counted(try WholeFile.read(path), tensor).map { Int8(bitPattern: $0) }
        default: throw FileError("\(path): an input is .png, .jpg, .npy, .csv or .bin")
        }
    }

    private func counted<Element>(_ values: [Element], _ tensor: ProgramTensor) throws -> [Element] {
        guard values.count == tensor.count else {
            throw FileError(
                "\(path) holds \(values.count) values; the model's input is "
                    + "\(tensor.height)x\(tensor.width)x\(tensor.channels), \(tensor.count) values"
            )
        }
        return values
    }

    /// Numbers separated by commas, semicolons, blanks or line ends.
    private func numbers() throws -> [Float] {
        let text = String(decoding: try WholeFile.read(path), as: UTF8.self)
        let words = text.split { $0 == "," || $0 == ";" || $0.isWhitespace }
        return try words.map { word in
            guard let value = Float(word), value.isFinite else { throw FileError("\(path): '\(word)' is not a number") }
            return value
        }
    }
}
