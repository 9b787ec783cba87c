// SPDX-License-Identifier: Apache-2.0
// How many bits the activations of each layer take.

import NNQGraph

/// Bits of activations, 8 or 16: of the tensors that a layer's op reads and writes. With 16 they are symmetric, weights
/// stay int8, and sums take 64 bits where 32 might overflow: TensorFlow Lite's 16x8 scheme. Where a layer reads what
/// one of the other width wrote, a conversion stands between them.
public struct ActivationBits: Hashable, Codable, Sendable {
    /// Of layers not named, other than max pools and changes of shape, which have those of what they read.
    public var all: Int
    /// By name of a layer: 8 or 16.
    public var layers: [String: Int]

    /// - Precondition: all are 8 or 16.
    public init(all: Int, layers: [String: Int] = [:]) {
        precondition(([all] + layers.values).allSatisfy(Self.legal.contains), "activations have 8 or 16 bits")
        (self.all, self.layers) = (all, layers)
    }

    public static let eight = ActivationBits(all: 8)
    public static let sixteen = ActivationBits(all: 16)
    public static let legal = [8, 16]

    /// Whether any layer may have 16.
    public var hasSixteen: Bool { all == 16 || layers.values.contains(16) }
}
