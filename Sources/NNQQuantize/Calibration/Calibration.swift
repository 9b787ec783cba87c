// SPDX-License-Identifier: Apache-2.0
// Runs the float model over the calibration samples and notes what the nodes asked for give.

import NNQGraph

/// The range of one tensor and what it leaves of the values seen.
public struct CalibratedRange: Hashable, Codable, Sendable {
    /// The range chosen, which the tensor's int8 steps spread over.
    public var clip: ValueRange
    /// The range of all values on the calibration samples.
    public var extent: ValueRange
    /// Part of these values, 0 ... 1, that lies outside of the clip.
    public var cutShare: Double
}

/// What the calibration samples say of a model.
struct Calibration {
    /// Samples that were run.
    var samples = 0
    /// By name of node.
    var ranges: [String: CalibratedRange] = [:]
    /// By name of node.
    var channels: [String: ChannelStatistics] = [:]

    /// - Parameters:
    ///   - nodes: whose ranges are wanted.
    ///   - widths: the types that these ranges are for.
    ///   - channelNodes: whose channels are to be looked at one by one.
    ///   - progress: told the samples done and their number in all.
    /// - Throws: `QuantizeError` where there are no samples or a value is infinite or not a number.
    init(
        _ model: Model, nodes: [Int], widths: LayerWidths = .narrow, channelNodes: [String] = [],
        source: some FloatSource, options: QuantizationOptions, progress: (Int, Int) -> Void
    ) throws {
        let names = nodes.map { model.graph.nodes[$0].name }
        let limit = try options.samples(of: source)
        var observers = nodes.map { _ in HistogramObserver(for: options.calibrator) }
        let shapes = try model.graph.shapesByName()
        var statistics = channelNodes.map { ChannelStatistics(channels: shapes[$0]!.channels) }
        try source.forEachBatch(of: model, nodes: names + channelNodes, limit: limit) { batch in
            for index in nodes.indices {
                do { try observers[index].observe(batch.values[index]) } catch is NotFinite {
                    throw QuantizeError(
                        "layer '\(names[index])': its output is infinite or not a number on calibration samples "
                            + "\(samples) to \(samples + batch.count - 1): "
                            + "train again with a smaller learning rate, or check the data"
                    )
                }
            }
            for index in channelNodes.indices { statistics[index].observe(batch.values[nodes.count + index]) }
            samples += batch.count
            progress(samples, limit)
        }
        for (node, observer) in zip(nodes, observers) {
            let clip = observer.range(by: options.calibrator, for: widths[node])
            ranges[model.graph.nodes[node].name] = CalibratedRange(
                clip: clip, extent: observer.extent, cutShare: observer.cutShare(by: clip))
        }
        channels = Dictionary(zip(channelNodes, statistics)) { first, _ in first }
    }
}

extension QuantizationOptions {
    /// Calibration samples that there are and that are wanted.
    /// - Throws: `QuantizeError` where there are none.
    func samples(of source: some FloatSource) throws -> Int {
        let limit = min(source.count, calibrationSamples)
        guard limit > 0 else {
            throw QuantizeError("there are no calibration samples: give at least one, some hundreds are better")
        }
        return limit
    }
}

extension Graph {
    func shapesByName() throws -> [String: Shape] {
        Dictionary(zip(nodes.map(\.name), try shapes())) { first, _ in first }
    }
}
