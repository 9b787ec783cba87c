// SPDX-License-Identifier: Apache-2.0
// Cross-layer equalization: channels of neighbouring layers brought to one size.

import Foundation
import NNQArithmetic
import NNQGraph

/// Nagel, van Baalen, Blankevoort and Welling, "Data-Free Quantization Through Weight Equalization and Bias
/// Correction", 2019, section 4.1: a channel's factor `s = sqrt(r1 / r2)` divides what makes it, of size r1, and
/// multiplies what reads it, of size r2, so that both have size `sqrt(r1 * r2)`; pair by pair until nothing moves.
/// What `Equalization` chooses is r1; where the reader is depthwise, each channel of which has a weight scale of its
/// own, r2 of activations is 1.
///
/// Factors are powers of 2^(1/8): a file tells them as small whole numbers, and `nnq compare` finds the float layers
/// again.
///
/// **ReLU6 stays.** A channel that reaches 6 on the calibration samples keeps its scale, so that its clip is exact;
/// of the others, none is made to reach 6. So the float function stays the same on those samples, and no network
/// becomes one with ReLU, whose outputs would need a larger range.
struct ChannelScaling {
    /// By name of the layer that makes the channels: `8 * log2` of the factor that divides each.
    private(set) var exponents: [String: [Int]] = [:]
    private(set) var iterations = 0
    /// Channels that keep their scale because they reach a ReLU6's clip.
    private(set) var pinnedChannels = 0
    private var graph: Graph
    private let links: [ChannelLink]
    private let mode: Equalization

    private static let most = 50
    private static let largestExponent = 8 * 20

    /// - Parameter statistics: of the links' first layers, by name.
    init(_ model: Model, mode: Equalization, statistics: [String: ChannelStatistics]) throws {
        graph = model.graph
        links = try ChannelLink.all(in: graph)
        self.mode = mode
        var scratch = model
        for link in links {
            exponents[graph.nodes[link.first].name] = Array(repeating: 0, count: link.channels)
            if link.hasReLU6(graph) {
                pinnedChannels += statistics[graph.nodes[link.first].name]!.high.count { $0 >= 6 }
            }
        }
        var moved = true
        while moved, iterations < Self.most {
            moved = false
            iterations += 1
            for link in links {
                let step = step(link, scratch, statistics[graph.nodes[link.first].name]!)
                guard step.contains(where: { $0 != 0 }) else { continue }
                moved = true
                scratch.divide(link, by: step.map(Self.factor))
                for (channel, exponent) in step.enumerated() {
                    exponents[graph.nodes[link.first].name]![channel] += exponent
                }
            }
        }
        exponents = exponents.filter { $0.value.contains { $0 != 0 } }
    }

    static func factor(_ exponent: Int) -> Double { exp2(Double(exponent) / 8) }

    /// What a link's channels are to be divided by next, as exponents.
    private func step(_ link: ChannelLink, _ model: Model, _ statistics: ChannelStatistics) -> [Int] {
        let total = exponents[graph.nodes[link.first].name]!
        let isDepthwise = graph.nodes[link.second].layer.hasScaleForEachInput
        let hasReLU6 = link.hasReLU6(graph)
        let made = mode == .weights ? model.largestByOutput(link.first) : activations(link, statistics, total)
        let read =
            mode == .activations && isDepthwise
            ? made.map { _ in 1 } : model.largestByInput(link.second, channels: link.channels)
        var wanted = zip(made, read).map { made, read -> Double? in
            made > 0 && read > 0 ? 4 * log2(made / read) : nil
        }
        if hasReLU6 || mode == .activations && isDepthwise { wanted = level(wanted, statistics, total, hasReLU6) }
        return wanted.enumerated().map { channel, wanted in
            guard let wanted else { return 0 }
            if hasReLU6, statistics.high[channel] >= 6 { return 0 }
            var exponent = Int(max(min(wanted, 1e6), -1e6).rounded())
            if hasReLU6, statistics.high[channel] > 0 {
                let room = 8 * log2(Double(statistics.high[channel]) / 6) - Double(total[channel])
                exponent = max(exponent, Int(room.rounded(.up)))
            }
            return min(max(exponent, -Self.largestExponent - total[channel]), Self.largestExponent - total[channel])
        }
    }

    /// Only ratios of factors matter to the readers; this chooses the level: where channels are pinned, that of these,
    /// which is 0; below a ReLU6 without any, the largest at which no channel is cut; else, of the mean.
    private func level(
        _ wanted: [Double?], _ statistics: ChannelStatistics, _ total: [Int], _ hasReLU6: Bool
    ) -> [Double?] {
        let pinned = wanted.indices.filter { hasReLU6 && statistics.high[$0] >= 6 }.compactMap { wanted[$0] }
        var shift = 0.0
        if !pinned.isEmpty {
            shift = pinned.reduce(0, +) / Double(pinned.count)
        } else if hasReLU6 {
            let lacking = wanted.indices.compactMap { channel -> Double? in
                guard let wanted = wanted[channel], statistics.high[channel] > 0 else { return nil }
                return wanted + Double(total[channel]) - 8 * log2(Double(statistics.high[channel]) / 6)
            }
            shift = min(lacking.min() ?? 0, 0)
        } else {
            let all = wanted.compactMap { $0 }
            shift = all.isEmpty ? 0 : all.reduce(0, +) / Double(all.count)
        }
        return wanted.map { $0.map { $0 - shift } }
    }

    /// By channel, the largest magnitude on the calibration samples of what the second layer reads.
    private func activations(_ link: ChannelLink, _ statistics: ChannelStatistics, _ total: [Int]) -> [Double] {
        let isClamped = link.hasReLU(graph) || link.hasReLU6(graph)
        return total.indices.map { channel in
            var largest = Double(max(statistics.high[channel], isClamped ? 0 : -statistics.low[channel]))
            if link.hasReLU6(graph) { largest = min(largest, 6) }
            return largest / Self.factor(total[channel])
        }
    }
}

extension Layer {
    /// Whether all weights that read an input channel belong to output channels that read no other.
    fileprivate var hasScaleForEachInput: Bool { if case .depthwiseConv2D = self { true } else { false } }
}

extension Model {
    /// The model after an equalization.
    /// - Parameter exponents: as `ChannelScaling.exponents`; layers that are no first of a link are left out.
    /// - Throws: `GraphError`.
    func equalized(by exponents: [String: [Int]]) throws -> Model {
        var model = self
        for link in try ChannelLink.all(in: graph) {
            guard let own = exponents[graph.nodes[link.first].name], own.count == link.channels else { continue }
            model.divide(link, by: own.map(ChannelScaling.factor))
        }
        return model
    }
}
