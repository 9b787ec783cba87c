// SPDX-License-Identifier: Apache-2.0
// Small models of other tools that are part of the repository, with inputs and their outputs.

import Foundation

/// `Models/<name>.onnx`, and its values: samples of inputs, then their outputs, in ONNX's order.
struct StoredModel {
    let bytes: [UInt8]
    let inputs: [[Float]]
    let outputs: [[Float]]

    /// - Parameters:
    ///   - samples: how many samples the file of values has.
    ///   - outputCount: values in one output.
    init(_ name: String, samples: Int = 1, outputCount: Int) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Models")
        bytes = Array(try Data(contentsOf: folder.appending(path: "\(name).onnx")))
        let data = try Data(contentsOf: folder.appending(path: "\(name).values"))
        let values = data.withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }
        let inputCount = values.count / samples - outputCount
        inputs = (0..<samples).map { Array(values[$0 * inputCount..<($0 + 1) * inputCount]) }
        let rest = values.dropFirst(samples * inputCount)
        outputs = (0..<samples).map {
            Array(rest[rest.startIndex + $0 * outputCount..<rest.startIndex + ($0 + 1) * outputCount])
        }
    }
}
