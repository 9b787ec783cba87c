// SPDX-License-Identifier: Apache-2.0
// Learned rounding of one layer: the rows to learn from, and what the layer becomes.

import NNQBase
import NNQFormat
import NNQGraph

extension Correction {
    /// Rows of a layer's inputs to learn from: enough for the sums to be those of all, spread over all samples.
    private static func rows(_ terms: Int) -> Int { max(4096, 20 * terms) }
    /// Rows that are added up at a time.
    private static let chunk = 256

    mutating func round(
        _ index: Int, _ layer: Layer, _ float: Model, _ source: some FloatSource, _ options: QuantizationOptions
    ) throws {
        let groups = layer.inputs.groups
        let linear = lowering.linears[index]!
        let key = "\(layer.name).weight"
        let scales = linear.scales.map { Float($0) }
        let problems = try problems(layer, groups, float, source, options)
        let weights = weights.model.parameters[key]!.values
        var report = RoundingReport(layer: layer.name, changedShare: 0, squaredErrorBefore: 0, squaredErrorAfter: 0)
        var rounded = linear.filter
        for (group, problem) in zip(groups, problems) {
            let places = group.outputs.lowerBound * problem.terms..<group.outputs.upperBound * problem.terms
            let own = AdaptiveRounding(problem, steps: self.weights.steps[layer.name]!).rounded(
                Array(weights[places]), scales: Array(scales[group.outputs]))
            report.squaredErrorBefore += Self.error(problem, Array(linear.filter[places]), scales[group.outputs])
            report.squaredErrorAfter += Self.error(problem, own, scales[group.outputs])
            rounded.replaceSubrange(places, with: own)
        }
        let changed = zip(rounded, linear.filter).count { $0 != $1 }
        report.changedShare = Double(changed) / Double(rounded.count)
        report.squaredErrorBefore /= Double(scales.count)
        report.squaredErrorAfter /= Double(scales.count)
        note(report)
        let terms = rounded.count / scales.count
        try replaceWeights(of: layer, with: rounded.indices.map { Float(rounded[$0]) * scales[$0 / terms] }, scales)
    }

    private static func error(_ problem: RoundingProblem, _ filter: [Int8], _ scales: ArraySlice<Float>) -> Double {
        scales.enumerated().reduce(0) { sum, channel in
            let own = channel.offset * problem.terms..<(channel.offset + 1) * problem.terms
            return sum + problem.squaredError(channel.offset, filter[own].map { Float($0) * channel.element }[...])
        }
    }

    /// By group, the inputs of int8 and the outputs of float at random positions of all samples.
    private func problems(
        _ layer: Layer, _ groups: [LayerInputs.Group], _ float: Model, _ source: some FloatSource,
        _ options: QuantizationOptions
    ) throws -> [RoundingProblem] {
        let inputs = layer.inputs
        let bias = weights.model.parameters["\(layer.name).bias"]?.values
        var problems = groups.map { RoundingProblem(outputs: $0.outputs.count, terms: $0.columns.count) }
        let each = min(inputs.positions, Self.rows(groups[0].columns.count) / layer.values.count + 1)
        var rng = Rng(seed: 1, stream: UInt64(layer.node))
        var sample = 0
        var x: [[Float]] = []
        var y: [[Float]] = []
        func flush() {
            for (place, group) in groups.enumerated() {
                problems[place].add(
                    x.flatMap { row in group.columns.map { row[$0] } }, y.flatMap { $0[group.outputs] })
            }
            x.removeAll(keepingCapacity: true)
            y.removeAll(keepingCapacity: true)
        }
        try source.forEachBatch(of: float, nodes: [layer.name], limit: options.samples(of: source)) { batch in
            let count = batch.values[0].count / batch.count
            let outputs = count / inputs.positions
            for own in 0..<batch.count {
                let wide = layer.type == .int16 ? layer.values[sample].int16 : []
                for _ in 0..<each {
                    let position = rng.below(inputs.positions)
                    var row = Array(repeating: Float(0), count: inputs.width)
                    if wide.isEmpty {
                        inputs.read(layer.values[sample], layer.quantization, position: position, into: &row)
                    } else {
                        inputs.read(wide, layer.quantization, position: position, into: &row)
                    }
                    x.append(row)
                    let first = own * count + position * outputs
                    y.append((0..<outputs).map { batch.values[0][first + $0] - (bias?[$0] ?? 0) })
                    if x.count == Self.chunk { flush() }
                }
                sample += 1
            }
        }
        if !x.isEmpty { flush() }
        return problems
    }
}
