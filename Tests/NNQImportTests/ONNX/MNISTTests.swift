// SPDX-License-Identifier: Apache-2.0
// Models of handwritten digits from the ONNX model zoo, with their own test data.

import Foundation
import NNQImport
import ONNXProto
import Testing

@Suite(
    .enabled(
        if: FileManager.default.fileExists(atPath: MNISTTests.folder.path), "the folder of the digit models is not there"))
struct MNISTTests {
    static let folder = SharedModels.folder.appending(path: "onnx-mnist")

    private func model(_ name: String) throws -> ONNXModel {
        try ONNXImporter.readFloat(bytes: Array(Data(contentsOf: Self.folder.appending(path: name))))
    }

    private func tensor(_ path: String) throws -> Constant {
        try Constant(Onnx_TensorProto(serializedBytes: Data(contentsOf: Self.folder.appending(path: path))))
    }

    @Test(arguments: 0..<3)
    func givesItsOutputs(set: Int) throws {
        let imported = try model("mnist-8.onnx")
        let input = try tensor("test_data_set_\(set)/input_0.pb")
        let expected = try tensor("test_data_set_\(set)/output_0.pb")
        let outputs = try ONNXRun.outputs(imported, [input])
        #expect(ONNXRun.difference(outputs[0], expected.floats) < 1e-4)
    }

    @Test func leavesNoTransposeOrReshape() throws {
        for name in ["mnist-8.onnx", "mnist.simplified.onnx", "pytorch.onnx"] {
            let layers = try model(name).model.graph.nodes.map(\.layer.keyword)
            #expect(!layers.contains { ["transpose", "reshape", "flatten", "add"].contains($0) }, "\(name): \(layers)")
        }
    }
}
