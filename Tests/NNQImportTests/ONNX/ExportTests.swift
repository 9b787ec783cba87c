// SPDX-License-Identifier: Apache-2.0
// Exported models, imported again, give the same outputs.

import NNQGraph
import NNQImport
import Testing

@Suite struct ExportTests {
    @Test(arguments: ExportModels.all.map(\.name))
    func chainsComeBack(name: String) throws {
        let model = try #require(ExportModels.all.first { $0.name == name })
        try comesBack(ExportModels.chain(model.input, model.layers))
    }

    @Test func branchesComeBack() throws { try comesBack(ExportModels.branches()) }

    private func comesBack(_ model: Model) throws {
        let again = try ONNXImporter.readFloat(bytes: ONNXExporter.encode(model))
        let difference = try ONNXRun.difference(model, exported: again, seed: 4)
        #expect(difference < 1e-4, "the outputs differ by \(difference)")
    }
}
