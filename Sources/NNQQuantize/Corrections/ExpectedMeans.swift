// SPDX-License-Identifier: Apache-2.0
// What batch norms say about the means of what layers read, without any data.

import Foundation
import NNQGraph

/// A value that is taken for normally distributed.
struct NormalValue: Hashable {
    var mean: Double
    /// Nil where it is not known.
    var variance: Double?

    /// Clipped to `0 ... top`: the mean and variance of what a normal distribution of these gives (Nagel et al., 2019,
    /// appendix C, has the mean).
    func clipped(to top: Double = .infinity) -> NormalValue? {
        guard let variance else { return nil }
        guard variance > 0 else { return NormalValue(mean: min(max(mean, 0), top), variance: 0) }
        let deviation = variance.squareRoot()
        let (a, b) = (-mean / deviation, (top - mean) / deviation)
        let inside = Self.distribution(b) - Self.distribution(a)
        let above = top.isFinite ? 1 - Self.distribution(b) : 0
        let edge = top.isFinite ? b * Self.density(b) : 0
        let slope = Self.density(a) - Self.density(b)
        var first = mean * inside + deviation * slope
        var second = mean * mean * inside + 2 * mean * deviation * slope
        second += variance * (inside + a * Self.density(a) - edge)
        if above > 0 {
            first += top * above
            second += top * top * above
        }
        return NormalValue(mean: first, variance: max(second - first * first, 0))
    }

    private static func density(_ x: Double) -> Double {
        x.isFinite ? exp(-x * x / 2) / (2 * Double.pi).squareRoot() : 0
    }

    private static func distribution(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }
}

/// Of a float model that still has its batch norms: what each channel of a node's values is like.
///
/// A batch norm gives a channel the mean and the deviation that its parameters name; ReLU and ReLU6 clip them, sums add
/// them up as if they were independent, averages keep means. Of other layers nothing is known.
struct ExpectedMeans {
    /// By name of a node, by channel; of a layer whose batch norm is folded into it, those after the batch norm.
    private(set) var channels: [String: [NormalValue]] = [:]

    init(_ model: Model) throws {
        let graph = model.graph
        for node in graph.nodes {
            let inputs = node.inputs.map { channels[graph.nodes[$0].name] }
            guard let values = Self.values(node, inputs, model) else { continue }
            channels[node.name] = values
            guard case .batchNorm = node.layer, graph.nodes[node.inputs[0]].layer.isLinear else { continue }
            channels[graph.nodes[node.inputs[0]].name] = values
        }
    }

    private static func values(_ node: Node, _ inputs: [[NormalValue]?], _ model: Model) -> [NormalValue]? {
        switch node.layer {
        case .batchNorm:
            guard let scale = model.parameters["\(node.name).weight"], let shift = model.parameters["\(node.name).bias"]
            else { return nil }
            return zip(scale.values, shift.values).map {
                NormalValue(mean: Double($1), variance: Double($0) * Double($0))
            }
        case .activation(.relu): return all(inputs[0]?.map { $0.clipped() })
        case .activation(.relu6): return all(inputs[0]?.map { $0.clipped(to: 6) })
        case .add:
            guard let first = inputs[0], let second = inputs[1], first.count == second.count else { return nil }
            return zip(first, second).map { a, b in
                let variance = a.variance.flatMap { a in b.variance.map { a + $0 } }
                return NormalValue(mean: a.mean + b.mean, variance: variance)
            }
        case .averagePool, .globalAveragePool: return inputs[0]?.map { NormalValue(mean: $0.mean, variance: nil) }
        case .dropout, .flatten: return inputs[0]
        default: return nil
        }
    }

    private static func all(_ values: [NormalValue?]?) -> [NormalValue]? {
        guard let values, !values.contains(nil) else { return nil }
        return values.compactMap { $0 }
    }

    /// The means after channels were scaled and shifted, which keeps what the network computes.
    /// - Parameter graph: of the model that was changed.
    func means(
        in graph: Graph, _ equalization: EqualizationReport?, _ absorption: AbsorptionReport?
    ) throws -> [String: [Double]] {
        var means = channels.mapValues { $0.map(\.mean) }
        for link in try ChannelLink.all(in: graph) {
            let first = graph.nodes[link.first].name
            for name in [first] + link.path.map({ graph.nodes[$0].name }) {
                if let exponents = equalization?.exponents[first], let own = means[name], own.count == exponents.count {
                    means[name] = zip(own, exponents).map { $0 / ChannelScaling.factor($1) }
                }
                if let amounts = absorption?.amounts[first], let own = means[name], own.count == amounts.count {
                    means[name] = zip(own, amounts).map { $0 - Double($1) }
                }
            }
        }
        return means
    }
}
