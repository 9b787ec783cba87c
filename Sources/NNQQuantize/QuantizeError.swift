// SPDX-License-Identifier: Apache-2.0
// Why a float model cannot become an int8 program, as a sentence.

import Foundation
import NNQGraph

/// A model that cannot be quantized or compared: which layer, what is wrong, and the way out.
public struct QuantizeError: Error, LocalizedError, CustomStringConvertible, Equatable {
    public let description: String

    public init(_ description: String) { self.description = description }

    /// An error at a layer: "layer 'conv2d_1' (conv2d): ..."
    static func at(_ node: Node, _ problem: String) -> QuantizeError {
        QuantizeError("layer '\(node.name)' (\(node.layer.keyword)): \(problem)")
    }

    public var errorDescription: String? { description }
}
