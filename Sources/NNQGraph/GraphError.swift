// SPDX-License-Identifier: Apache-2.0
// What can be wrong with a graph or a model file, as sentences.

import Foundation

/// A graph that makes no sense, or a float-model file that cannot be read.
public struct GraphError: Error, LocalizedError, CustomStringConvertible, Equatable {
    public let description: String

    public init(_ description: String) { self.description = description }

    /// An error at a node: "layer 'conv2d_1' (conv2d): ..."
    static func at(_ node: Node, _ problem: String) -> GraphError {
        GraphError("layer '\(node.name)' (\(node.layer.keyword)): \(problem)")
    }

    public var errorDescription: String? { description }
}
