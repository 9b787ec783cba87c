// SPDX-License-Identifier: Apache-2.0
// From a float model to an ONNX file.

import NNQGraph
import ONNXProto

/// Writes float models as ONNX.
///
/// A map `[height, width, channels]` becomes `[N, channels, height, width]`, at the model's inputs and outputs too:
/// that is what ONNX's own operators take, so that the file holds no transposes where the model has none, and what
/// people who feed ONNX models expect. Other tensors keep their extents behind the batch, whose size stays open.
public enum ONNXExporter {
    /// The operator set of the files: the first whose Resize takes sizes for some axes only.
    static let opset = 18

    /// - Throws: `ImportError` where a layer has no counterpart; `GraphError` where the model makes no sense.
    public static func encode(_ model: Model) throws -> [UInt8] {
        var file = Onnx_ModelProto()
        file.irVersion = 8
        file.producerName = "nnq"
        var operators = Onnx_OperatorSetIdProto()
        operators.version = Int64(opset)
        file.opsetImport = [operators]
        file.graph = try graph(model)
        for (key, value) in model.metadata.notes.sorted(by: { $0.key < $1.key }) {
            var entry = Onnx_StringStringEntryProto()
            (entry.key, entry.value) = (key, value)
            file.metadataProps.append(entry)
        }
        return try file.serializedBytes()
    }

    private static func graph(_ model: Model) throws -> Onnx_GraphProto {
        var export = try GraphExport(model)
        for index in model.graph.nodes.indices { try export.layer(index) }
        for index in model.graph.outputs { try export.output(index) }
        var graph = export.graph
        graph.name = "nnq"
        return graph
    }
}
