// SPDX-License-Identifier: Apache-2.0
// The bytes of an ONNX file as a checked message.

import Foundation
import ONNXProto
import SwiftProtobuf

/// A model as the file has it, with what importing needs to know of it first.
struct ONNXFile {
    let graph: Onnx_GraphProto
    /// The version of ONNX's own operator set.
    let opset: Int

    /// Operators as they were before this have other attributes.
    static let oldestOpset = 6

    init(bytes: [UInt8]) throws {
        guard bytes.count > 8 else {
            throw ImportError("\(bytes.count) bytes are no ONNX model: the file is empty or truncated")
        }
        let model = try Self.decode(bytes)
        guard model.hasGraph else {
            throw ImportError("the file has no graph: it is no ONNX model, or it is truncated")
        }
        graph = model.graph
        let versions = model.opsetImport.filter { ["", "ai.onnx"].contains($0.domain) }.map(\.version)
        guard let version = versions.first else {
            throw ImportError("the model does not say which ONNX operator set it uses (opset_import)")
        }
        guard version >= Self.oldestOpset, version <= 1 << 16 else {
            throw ImportError("the model uses ONNX operator set \(version); \(Self.oldestOpset) or later is needed")
        }
        opset = Int(version)
        guard model.functions.isEmpty else {
            throw ImportError("the model defines functions of its own: export it with them inlined")
        }
    }

    private static func decode(_ bytes: [UInt8]) throws -> Onnx_ModelProto {
        do {
            return try Onnx_ModelProto(serializedBytes: bytes)
        } catch BinaryDecodingError.messageDepthLimit {
            throw ImportError(
                "the file's messages nest more than 100 deep (subgraphs in subgraphs): nnq runs no subgraphs")
        } catch BinaryDecodingError.truncated {
            throw ImportError("the file is truncated, or no ONNX model")
        } catch {
            throw ImportError("the file is no ONNX model: its bytes are no protocol buffer message")
        }
    }
}
