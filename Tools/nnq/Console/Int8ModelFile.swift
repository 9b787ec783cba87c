// SPDX-License-Identifier: Apache-2.0
// An int8 model for verbs about devices: a .nnq file, or one of another toolkit's that is imported on the way.

import NNQBase
import NNQFormat
import NNQImport
import NNQRewrite

enum Int8ModelFile {
    /// Reads .nnq, or int8 .tflite and .onnx as `nnq import` does.
    /// - Throws: an error that names the file and, for a float model, the way to an int8 one.
    static func read(_ path: String) throws -> ProgramFile {
        let bytes = try WholeFile.read(path)
        let isTFLite = TFLiteImporter.recognizes(bytes) || path.lowercased().hasSuffix(".tflite")
        guard isTFLite || path.lowercased().hasSuffix(".onnx") else {
            guard case .int8(let file, _) = try ModelFile(path) else { throw floatModel(path) }
            return file
        }
        do {
            let imported = isTFLite ? try TFLiteImporter.read(bytes: bytes) : try ONNXImporter.read(bytes: bytes)
            guard case .int8(let program) = imported else { throw floatModel(path) }
            return try ProgramFile(try program.rewritten(Set(ProgramRewrite.allCases)).0)
        } catch let error as ImportError {
            throw FileError("\(path) cannot be imported: \(error.description)")
        }
    }

    private static func floatModel(_ path: String) -> FileError {
        FileError("\(path) is a float model: 'nnq quantize' makes the int8 model that a device runs")
    }
}
