// SPDX-License-Identifier: Apache-2.0
// A float model with the scales that its weights are to have.

import NNQGraph

/// What lowering reads: parameters that int8 holds as well as it can, and scales where they are chosen.
struct ScaledWeights {
    /// The model, weights clipped to what their scales hold.
    var model: Model
    /// By layer, by output channel; lowering takes the least that hold the weights where there are none.
    var scales: [String: [Float]] = [:]
    private(set) var report: [WeightScalesReport] = []

    /// By layer: the largest weight in integers.
    let steps: [String: Int]

    init(_ model: Model, _ choice: WeightScales, _ bits: WeightBits) {
        self.model = model
        steps = bits.steps(in: model)
        guard choice != .max else { return }
        for name in model.linearNames {
            let key = "\(name).weight"
            guard let weight = model.parameters[key], weight.values.allSatisfy(\.isFinite) else { continue }
            let chosen = choice.choose(weight.values, channels: weight.shape[0], steps: steps[name]!)
            let plain = WeightScales.max.choose(weight.values, channels: weight.shape[0], steps: steps[name]!)
            self.model.parameters[key]!.values = chosen.filter
            scales[name] = chosen.scales
            report.append(
                WeightScalesReport(
                    layer: name, clippedWeights: chosen.clipped,
                    squaredError: Self.error(weight.values, chosen.scales, steps[name]!),
                    squaredErrorOfMax: Self.error(weight.values, plain.scales, steps[name]!)))
        }
    }

    private static func error(_ weights: [Float], _ scales: [Float], _ most: Int) -> Double {
        let terms = weights.count / scales.count
        let sum = weights.indices.reduce(0.0) { sum, place in
            let scale = Double(scales[place / terms])
            guard scale > 0 else { return sum }
            let steps = min(max((Double(weights[place]) / scale).rounded(), -Double(most)), Double(most))
            let error = Double(weights[place]) - steps * scale
            return sum + error * error
        }
        return sum / Double(weights.count)
    }
}
