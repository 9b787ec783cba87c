// SPDX-License-Identifier: Apache-2.0
// How many bits the weights of each layer take.

import NNQGraph

/// Bits of weights, 8 or 4. Weights of 4 bits, -7 ... 7, lie two to a byte in the file.
public struct WeightBits: Hashable, Codable, Sendable {
    /// Of layers not named; where it is 4, the first and the last layer of weights, which lose most and are small, have
    /// 8.
    public var all: Int
    /// By name of a layer: 8 or 4.
    public var layers: [String: Int]

    /// - Precondition: all are 8 or 4.
    public init(all: Int, layers: [String: Int] = [:]) {
        precondition(([all] + layers.values).allSatisfy(Self.legal.contains), "weights have 8 or 4 bits")
        (self.all, self.layers) = (all, layers)
    }

    public static let eight = WeightBits(all: 8)
    public static let legal = [8, 4]

    /// Whether any layer may have 4.
    public var hasFour: Bool { all == 4 || layers.values.contains(4) }

    /// Bits of each layer of weights of a model.
    public func bits(in model: Model) -> [String: Int] {
        let names = model.linearNames
        return Dictionary(
            uniqueKeysWithValues: names.map { name in
                (name, layers[name] ?? (name == names.first || name == names.last ? 8 : all))
            })
    }

    /// The largest weight of each layer in integers.
    func steps(in model: Model) -> [String: Int] { bits(in: model).mapValues { $0 == 4 ? 7 : 127 } }

    /// - Throws: `QuantizeError` where a layer that has 4 bits reads int16 activations.
    func check(_ model: Model, _ widths: LayerWidths) throws {
        let bits = bits(in: model)
        for (index, node) in model.graph.nodes.enumerated() where bits[node.name] == 4 && widths[index] == .int16 {
            throw QuantizeError.at(
                node, "activations of 16 bits go with weights of 8 bits: give it 8 bits for one of them")
        }
    }

    /// - Throws: `QuantizeError` where a name is no layer of weights of the model.
    func check(_ model: Model) throws {
        let names = model.linearNames
        for name in layers.keys.sorted() where !names.contains(name) {
            throw QuantizeError(
                "'\(name)' is no layer of weights; these are: \(names.joined(separator: ", "))")
        }
    }
}
