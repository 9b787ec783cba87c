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
        /// All of this value.
        case value(Float)
    }

    /// `weight`, `bias`, `running_mean` or `running_var`, as PyTorch calls them; a batch norm's gamma is its `weight`,
    /// its beta its `bias`. Others are `recurrent_weight`, `recurrent_bias`, `slope` and `value`.
    public var name: String
    public var shape: [Int]
    public var start: Start
    /// False for constants, and for running statistics, which training moves but no gradient does.
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
        case .transposedConv2D(let filters, let window, _, let groups, let bias):
            let channels = inputs[0].channels / groups
            let taps = window.kernel.height * window.kernel.width
            return Self.linear(
                [filters, window.kernel.height, window.kernel.width, channels],
                fanIn: taps * channels, fanOut: taps * filters / groups, bias: bias)
        case .constant(let shape):
            return [ParameterSpec(name: "value", shape: shape.dimensions, start: .zeros, isTrainable: false)]
        case .prelu:
            return [
                ParameterSpec(name: "slope", shape: [inputs[0].channels], start: .value(0.25), isTrainable: true)
            ]
        case .embedding(let count, let channels):
            let start = ParameterSpec.Start.random(fanIn: channels, fanOut: channels)
            return [ParameterSpec(name: "weight", shape: [count, channels], start: start, isTrainable: true)]
        case .lstm(let units): return Self.recurrent(4, units, inputs[0].channels)
        case .gru(let units, _):
            let bias = ParameterSpec(name: "recurrent_bias", shape: [3 * units], start: .zeros, isTrainable: true)
            return Self.recurrent(3, units, inputs[0].channels) + [bias]
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

extension Layer {
    /// The parameters that LSTM and GRU share: `gates` blocks of rows, one row a unit.
    private static func recurrent(_ gates: Int, _ units: Int, _ features: Int) -> [ParameterSpec] {
        let rows = gates * units
        let recurrent = ParameterSpec(
            name: "recurrent_weight", shape: [rows, units], start: .random(fanIn: units, fanOut: units),
            isTrainable: true)
        let linear = linear([rows, features], fanIn: features, fanOut: units, bias: true)
        return [linear[0], recurrent, linear[1]]
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
        case .value(let value): return Tensor(shape: shape, repeating: value)
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
