// SPDX-License-Identifier: Apache-2.0
// Float models as files: safetensors with the graph in the metadata.

import Foundation
import NNQBase

extension Model {
    private static let graphKey = "nnq.graph"
    private static let metadataKey = "nnq.metadata"

    /// Reads a float model.
    /// - Throws: `FileError` or `GraphError` with the file's name, what is wrong and what to do.
    public init(contentsOf path: String) throws {
        try self.init(SafeTensors(contentsOf: path), path: path)
    }

    /// A float model from a file that was read; `path` is for messages.
    public init(_ file: SafeTensors, path: String) throws {
        guard let graph = file.metadata[Self.graphKey] else {
            throw GraphError("\(path) holds tensors but no nnq graph: 'nnq train' writes such files")
        }
        do {
            let metadata = file.metadata[Self.metadataKey] ?? "{}"
            try self.init(
                graph: JSONDecoder().decode(Graph.self, from: Data(graph.utf8)), parameters: file.tensors,
                metadata: JSONDecoder().decode(Metadata.self, from: Data(metadata.utf8)))
        } catch let error as GraphError {
            throw GraphError("\(path): \(error.description)")
        } catch {
            throw GraphError(
                "\(path): its nnq graph cannot be read, it was written by another version or is damaged (\(error))")
        }
    }

    /// The model as a safetensors file; equal models give equal bytes.
    public func safeTensors() throws -> SafeTensors {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let graph = String(decoding: try encoder.encode(graph), as: UTF8.self)
        let metadata = String(decoding: try encoder.encode(metadata), as: UTF8.self)
        return SafeTensors(tensors: parameters, metadata: [Self.graphKey: graph, Self.metadataKey: metadata])
    }

    /// Writes the model whole or not at all.
    public func write(to path: String) throws { try safeTensors().write(to: path) }
}
