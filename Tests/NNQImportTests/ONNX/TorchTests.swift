// SPDX-License-Identifier: Apache-2.0
// Models exported from PyTorch (export_torch.py) give PyTorch's outputs.

import NNQImport
import Testing

@Suite struct TorchTests {
    @Test(arguments: [("small_cnn", 10), ("mobilenet_v2_block", 5)])
    func givesTheOutputs(name: String, outputCount: Int) throws {
        let stored = try StoredModel(name, outputCount: outputCount)
        let imported = try ONNXImporter.readFloat(bytes: stored.bytes)
        let outputs = try ONNXRun.outputs(imported, [Constant([stored.inputs[0].count], floats: stored.inputs[0])])
        #expect(ONNXRun.difference(outputs[0], stored.outputs[0]) < 1e-4)
        let layers = imported.model.graph.nodes.map(\.layer.keyword)
        #expect(!layers.contains { ["transpose", "reshape", "flatten"].contains($0) }, "\(layers)")
    }

    @Test(arguments: [("small_cnn", 10), ("mobilenet_v2_block", 5)])
    func exportsWhatItImported(name: String, outputCount: Int) throws {
        let model = try ONNXImporter.readFloat(bytes: StoredModel(name, outputCount: outputCount).bytes).model
        let again = try ONNXImporter.readFloat(bytes: ONNXExporter.encode(model))
        #expect(again.model.graph.nodes.map(\.layer) == model.graph.nodes.map(\.layer))
        #expect(again.model.graph.nodes.map(\.name) == model.graph.nodes.map(\.name))
        #expect(try ONNXRun.difference(model, exported: again, seed: 3) < 1e-5)
    }
}
