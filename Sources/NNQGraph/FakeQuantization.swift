// SPDX-License-Identifier: Apache-2.0
// What a model that was trained for integers rounds to integers on the way.

/// Tensors and weights that the engine rounds to whole steps of their scale and back, so that training sees what int8
/// inference does (Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
/// Inference", 2018, section 3). Scales are parameters of the model and are learned with the others: their logarithms to
/// base 2, so that a step of training changes large and small ones alike (Jain et al., "Trained Quantization
/// Thresholds", 2020).
public struct FakeQuantization: Hashable, Codable, Sendable {
    /// By layer: the zero point, -128 ... 127, of its output, 8 bits. The logarithm of the scale is the parameter
    /// `<layer>.output_log2_scale`, one number.
    public var zeroPoints: [String: Int]
    /// Of these, the layers whose output has 16 bits instead, with a zero point of 0.
    public var wideOutputs: Set<String>
    /// By layer of weights: their bits, 8 or 4, symmetric. The logarithms of the scales are the
    /// parameter `<layer>.weight_log2_scale`, one number an output channel.
    public var weightBits: [String: Int]

    public init(zeroPoints: [String: Int], weightBits: [String: Int], wideOutputs: Set<String> = []) {
        self.zeroPoints = zeroPoints
        self.weightBits = weightBits
        self.wideOutputs = wideOutputs
    }

    /// The integers that a layer's output may be.
    public func outputLimits(of layer: String) -> ClosedRange<Int> {
        wideOutputs.contains(layer) ? -32768...32767 : -128...127
    }

    public static func outputLog2Scale(of layer: String) -> String { "\(layer).output_log2_scale" }
    public static func weightLog2Scale(of layer: String) -> String { "\(layer).weight_log2_scale" }

    /// The largest weight in integers: 127, or 7.
    public static func largestWeight(bits: Int) -> Int { (1 << (bits - 1)) - 1 }

    /// The parameters that a model has for this, with their shapes.
    /// - Throws: `GraphError` for a layer that the graph lacks or that has no weights, and for numbers out of range.
    func parameters(of graph: Graph) throws -> [(name: String, shape: [Int])] {
        let weights = Dictionary(uniqueKeysWithValues: try graph.parameters().map { ($0.name, $0.spec.shape) })
        let names = Set(graph.nodes.map(\.name))
        for (layer, zeroPoint) in zeroPoints where !names.contains(layer) || !(-128...127).contains(zeroPoint) {
            throw GraphError(
                "fake quantization of '\(layer)': there is no such layer, or \(zeroPoint) is no zero point")
        }
        for layer in wideOutputs where zeroPoints[layer] != 0 {
            throw GraphError("fake quantization of '\(layer)': an output of 16 bits has a zero point, and it is 0")
        }
        let outputs = zeroPoints.keys.map { (Self.outputLog2Scale(of: $0), [1]) }
        return try outputs
            + weightBits.map { layer, bits in
                guard let shape = weights["\(layer).weight"], bits == 8 || bits == 4 else {
                    throw GraphError(
                        "fake quantization of '\(layer)': it has no weights, or \(bits) bits are not 8 or 4")
                }
                return (Self.weightLog2Scale(of: layer), [shape[0]])
            }
    }
}

extension FakeQuantization {
    private enum CodingKeys: String, CodingKey { case zeroPoints, weightBits, wideOutputs }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            zeroPoints: try container.decode([String: Int].self, forKey: .zeroPoints),
            weightBits: try container.decode([String: Int].self, forKey: .weightBits),
            wideOutputs: try container.decodeIfPresent(Set<String>.self, forKey: .wideOutputs) ?? [])
    }

    /// In one order, so that equal models are equal bytes.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(zeroPoints, forKey: .zeroPoints)
        try container.encode(weightBits, forKey: .weightBits)
        if !wideOutputs.isEmpty { try container.encode(wideOutputs.sorted(), forKey: .wideOutputs) }
    }
}
