// SPDX-License-Identifier: Apache-2.0
// Which parameters each layer has, and what they start as.

import NNQBase

/// One parameter of a layer.
public struct ParameterSpec: Hashable, Sendable {
    public enum Start: Hashable, Sendable {
        /// Drawn by the model's initializer from the number of terms in an output's sum and of outputs fed by an input.
        case random(fanIn: Int, fanOut: Int)
        case zeros
        case ones
    }

    /// `weight`, `bias`, `running_mean` or `running_var`, as PyTorch calls them; a batch norm's gamma is its `weight`,
    /// its beta its `bias`.
    public var name: String
    public var shape: [Int]
    public var start: Start
    /// False for running statistics, which training moves but no gradient does.
    public var isTrainable: Bool
}

/// How random weights are scaled.
public enum Initializer: String, Codable, Sendable, CaseIterable {
    /// Normal, variance `2 / fan_in` (He et al., "Delving Deep into Rectifiers", 2015).
    case he
    /// Uniform, variance `2 / (fan_in + fan_out)` (Glorot and Bengio, "Understanding the difficulty of training deep
    /// feedforward neural networks", 2010).
    case glorot
}

extension Layer {
    /// The layer's parameters for inputs of these shapes, in a fixed order.
    public func parameters(inputs: [Shape]) -> [ParameterSpec] {
        switch self {
        case .dense(let units, let bias):
            let features = inputs[0].count
            return Self.linear([units, features], fanIn: features, fanOut: units, bias: bias)
        case .conv2D(let filters, let window, let groups, let bias):
            let channels = inputs[0].channels / groups
            let taps = window.kernel.height * window.kernel.width
            return Self.linear(
                [filters, window.kernel.height, window.kernel.width, channels],
                fanIn: taps * channels, fanOut: taps * filters / groups, bias: bias)
        case .depthwiseConv2D(let multiplier, let window, let bias):
            let taps = window.kernel.height * window.kernel.width
            return Self.linear(
                [inputs[0].channels * multiplier, window.kernel.height, window.kernel.width, 1],
                fanIn: taps, fanOut: taps * multiplier, bias: bias)
        case .batchNorm:
            let channels = [inputs[0].channels]
            return [
                ParameterSpec(name: "weight", shape: channels, start: .ones, isTrainable: true),
                ParameterSpec(name: "bias", shape: channels, start: .zeros, isTrainable: true),
                ParameterSpec(name: "running_mean", shape: channels, start: .zeros, isTrainable: false),
                ParameterSpec(name: "running_var", shape: channels, start: .ones, isTrainable: false),
            ]
        default: return []
        }
    }

    private static func linear(_ shape: [Int], fanIn: Int, fanOut: Int, bias: Bool) -> [ParameterSpec] {
        let weight = ParameterSpec(
            name: "weight", shape: shape, start: .random(fanIn: fanIn, fanOut: fanOut), isTrainable: true)
        guard bias else { return [weight] }
        return [weight, ParameterSpec(name: "bias", shape: [shape[0]], start: .zeros, isTrainable: true)]
    }
}

extension Graph {
    /// Every parameter under its full name (`layer.weight`), in the graph's order.
    /// - Throws: `GraphError` where shapes do not fit.
    public func parameters() throws -> [(name: String, spec: ParameterSpec)] {
        let shapes = try shapes()
        return nodes.flatMap { node in
            node.layer.parameters(inputs: node.inputs.map { shapes[$0] }).map { ("\(node.name).\($0.name)", $0) }
        }
    }

    /// Fresh parameters: the same for the same graph and seed, on every machine.
    public func initialParameters(seed: UInt64, initializer: Initializer = .he) throws -> [String: Tensor] {
        var parameters: [String: Tensor] = [:]
        for (index, (name, spec)) in try self.parameters().enumerated() {
            var rng = Rng(seed: seed, stream: UInt64(index))
            parameters[name] = spec.initialValue(initializer, &rng)
        }
        return parameters
    }
}

extension ParameterSpec {
    func initialValue(_ initializer: Initializer, _ rng: inout Rng) -> Tensor {
        switch start {
        case .zeros: return Tensor(shape: shape, repeating: 0)
        case .ones: return Tensor(shape: shape, repeating: 1)
        case .random(let fanIn, let fanOut):
            var tensor = Tensor(shape: shape, repeating: 0)
            switch initializer {
            case .he:
                let deviation = (2 / Float(fanIn)).squareRoot()
                for index in tensor.values.indices { tensor.values[index] = deviation * rng.normal() }
            case .glorot:
                let limit = (6 / Float(fanIn + fanOut)).squareRoot()
                for index in tensor.values.indices { tensor.values[index] = rng.uniform(-limit, limit) }
            }
            return tensor
        }
    }
}
