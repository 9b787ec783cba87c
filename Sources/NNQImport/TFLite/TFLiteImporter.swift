// SPDX-License-Identifier: Apache-2.0
// The entry for TensorFlow Lite models.

import NNQFormat
import NNQGraph

/// Reads .tflite files. A model with int8 activations keeps the arithmetic of TensorFlow Lite Micro, bit for bit; one
/// with float activations becomes a float graph, whatever its weights are stored as.
public enum TFLiteImporter {
    /// Whether the bytes begin as a .tflite file does: with the identifier that follows the first offset.
    public static func recognizes(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 8 && bytes[4..<8].elementsEqual("TFL3".utf8)
    }

    /// - Parameter bytes: of a whole file.
    /// - Throws: `ImportError`.
    public static func read(bytes: [UInt8]) throws -> Imported {
        let model = try TFLiteModel(bytes: bytes)
        guard !model.operators.isEmpty else { throw ImportError("the model has no operators: export it again") }
        for input in model.inputs where model.tensors[input].isDynamic {
            throw ImportError(
                "\(model.describe(tensor: input)), an input, has an open extent beside the batch: convert the model "
                    + "with a fixed input shape")
        }
        return model.isQuantized ? .int8(try Int8Importer.program(of: model)) : .float(try FloatImporter.model(of: model))
    }
}

extension TFLiteModel {
    /// Whether some operator computes with int8 activations (or with the other integers, to be refused there).
    fileprivate var isQuantized: Bool {
        let integers: Set<TFLiteType> = [.int8, .uint8, .int16]
        return operators.contains { $0.outputs.contains { integers.contains(tensors[$0].type) } }
    }
}
