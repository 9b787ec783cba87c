// SPDX-License-Identifier: Apache-2.0
// Runs the float model over the calibration samples and notes the range of every node asked for.

import NNQGraph

/// Ranges of nodes on the calibration samples.
struct Calibration {
    /// Samples that were run.
    var samples: Int
    /// By name of node.
    var ranges: [String: ValueRange]

    /// - Parameter progress: told the samples done and their number in all.
    /// - Throws: `QuantizeError` where there are no samples or a value is infinite or not a number.
    init(
        _ model: Model, nodes: [String], source: some FloatSource, options: QuantizationOptions,
        progress: (Int, Int) -> Void
    ) throws {
        let limit = min(source.count, options.calibrationSamples)
        guard limit > 0 else {
            throw QuantizeError("there are no calibration samples: give at least one, some hundreds are better")
        }
        var observers = nodes.map { _ in options.calibrator.makeObserver() }
        var done = 0
        try source.forEachBatch(of: model, nodes: nodes, limit: limit) { batch in
            for index in nodes.indices {
                do { try observers[index].observe(batch.values[index]) } catch is NotFinite {
                    throw QuantizeError(
                        "layer '\(nodes[index])': its output is infinite or not a number on calibration samples "
                            + "\(done) to \(done + batch.count - 1): "
                            + "train again with a smaller learning rate, or check the data"
                    )
                }
            }
            done += batch.count
            progress(done, limit)
        }
        samples = done
        ranges = Dictionary(uniqueKeysWithValues: zip(nodes, observers.map(\.range)))
    }
}
