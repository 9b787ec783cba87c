// SPDX-License-Identifier: Apache-2.0
// Rounding in training: values that are whole steps, and gradients against their formulas worked out in double.

import Foundation
import NNQData
import NNQGraph
import NNQTrain
import Testing

@Suite struct FakeQuantizationTests {
    private static func model(bits: Int, zeroPoint: Int, outputScale: Float) throws -> Model {
        var model = try Model(input: [5], seed: 3, metadata: Metadata(task: .regression)) { Dense(3, name: "d") }
        model.parameters["d.bias"]!.values = [0.1, -0.2, 0.3]
        model.parameters["d.weight_log2_scale"] = Tensor(
            shape: [3], values: (bits == 4 ? [0.08, 0.2, 0.05] : [0.004, 0.01, 0.003]).map(log2f))
        model.parameters["d.output_log2_scale"] = Tensor(shape: [1], values: [log2f(outputScale)])
        model.metadata.fakeQuantization = FakeQuantization(zeroPoints: ["d": zeroPoint], weightBits: ["d": bits])
        return try Model(graph: model.graph, parameters: model.parameters, metadata: model.metadata)
    }

    /// `step * clamp(round(x / step), low, high)`, and what it changes by with the step.
    private static func round(_ x: Double, _ step: Double, _ low: Double, _ high: Double) -> (
        value: Double, slope: Double, passes: Bool
    ) {
        let steps = x / step
        if steps < low { return (low * step, low, false) }
        if steps > high { return (high * step, high, false) }
        let whole = steps.rounded(.toNearestOrEven)
        return (whole * step, whole - steps, true)
    }

    /// A dense layer by hand: outputs, loss, and the gradients of weights, bias and both kinds of scales.
    private struct ByHand {
        var loss = 0.0
        var weight = Array(repeating: 0.0, count: 15)
        var bias = Array(repeating: 0.0, count: 3)
        var weightScale = Array(repeating: 0.0, count: 3)
        var outputScale = 0.0

        init(_ model: Model, bits: Int, zeroPoint: Int, _ inputs: [Float], _ targets: [Float]) {
            let most = Double(bits == 4 ? 7 : 127)
            let w = model.parameters["d.weight"]!.values.map(Double.init)
            let b = model.parameters["d.bias"]!.values.map(Double.init)
            let scales = model.parameters["d.weight_log2_scale"]!.values.map { exp2(Double($0)) }
            let scale = exp2(Double(model.parameters["d.output_log2_scale"]!.values[0]))
            let rounded = w.indices.map { FakeQuantizationTests.round(w[$0], scales[$0 / 5], -most, most) }
            let rows = inputs.count / 5
            for row in 0..<rows {
                for o in 0..<3 {
                    let x = (0..<5).map { Double(inputs[row * 5 + $0]) }
                    let y = (0..<5).reduce(b[o]) { $0 + rounded[o * 5 + $1].value * x[$1] }
                    let out = FakeQuantizationTests.round(y, scale, Double(-128 - zeroPoint), Double(127 - zeroPoint))
                    let error = out.value - Double(targets[row * 3 + o])
                    loss += error * error / Double(rows * 3)
                    let gradient = 2 * error / Double(rows * 3)
                    outputScale += gradient * out.slope * scale * log(2) / (3.0 * 127).squareRoot()
                    let inner = out.passes ? gradient : 0
                    bias[o] += inner
                    for i in 0..<5 {
                        let own = rounded[o * 5 + i]
                        weight[o * 5 + i] += own.passes ? inner * x[i] : 0
                        weightScale[o] += inner * x[i] * own.slope * scales[o] * log(2) / (5 * most).squareRoot()
                    }
                }
            }
        }
    }

    /// Zero points in the middle and at an end, scales that clip some of the values and some of the weights.
    @Test(arguments: [(8, 3, Float(0.02)), (4, -128, 0.01), (8, 127, 0.004), (4, 0, 0.002)])
    func gradientsAreThoseOfTheFormulas(_ bits: Int, _ zeroPoint: Int, _ outputScale: Float) throws {
        let model = try Self.model(bits: bits, zeroPoint: zeroPoint, outputScale: outputScale)
        let (inputs, values) = (Noise.values(4 * 5, seed: 11), Noise.values(4 * 3, seed: 12))
        let data = try FloatDataset(
            name: "noise", shape: [5], values: inputs, targetNames: ["a", "b", "c"], targets: values)
        let engine = try TrainingEngine(model, batch: 4, loss: .squaredError, options: TrainingOptions(threads: 1))
        let targets = try TargetBuffer(data, loss: .squaredError, outputs: 3, batch: 4)
        var batches = try Batches(data, batchSize: 4, shuffle: false)
        _ = targets.fill(engine.input, from: &batches)
        let loss = try engine.computeGradients(targets).loss
        let gradients = try engine.readGradients()
        let expected = ByHand(model, bits: bits, zeroPoint: zeroPoint, inputs, values)
        #expect(abs(loss - expected.loss) < 1e-5 * max(1, expected.loss))
        for (name, wanted) in [
            ("d.weight", expected.weight), ("d.bias", expected.bias), ("d.weight_log2_scale", expected.weightScale),
            ("d.output_log2_scale", [expected.outputScale]),
        ] {
            for (value, wanted) in zip(gradients[name]!.values, wanted) {
                #expect(
                    abs(Double(value) - wanted) < 1e-5 * max(1, abs(wanted)), "\(name): \(value), by hand \(wanted)")
            }
        }
    }

    /// In any layout and with any number of channels, each value is a whole number of steps in its range.
    @Test func valuesAreWholeSteps() throws {
        var model = try Model(input: [9, 7, 3], seed: 5) {
            Conv2D(11, kernel: 3, padding: .same, name: "c")
            ReLU()
            DepthwiseConv2D(kernel: 3, name: "w")
            Dense(4, name: "d")
        }
        let scales: [(String, Float, Int)] = [("relu_1", 0.01, -128), ("w", 0.013, 7), ("d", 0.02, -40)]
        for (name, scale, _) in scales {
            model.parameters["\(name).output_log2_scale"] = Tensor(shape: [1], values: [log2f(scale)])
        }
        for (name, channels) in [("c", 11), ("w", 11), ("d", 4)] {
            model.parameters["\(name).weight_log2_scale"] = Tensor(
                shape: [channels], values: (0..<channels).map { log2f(0.004 + 0.001 * Float($0)) })
        }
        model.metadata.fakeQuantization = FakeQuantization(
            zeroPoints: Dictionary(uniqueKeysWithValues: scales.map { ($0.0, $0.2) }),
            weightBits: ["c": 8, "w": 4, "d": 8])
        try check(model, scales, -128...127)
        // 16 bits: a fine scale, of which values take far more than 256 steps.
        model.parameters["w.output_log2_scale"] = Tensor(shape: [1], values: [log2f(0.0001)])
        model.metadata.fakeQuantization!.zeroPoints["w"] = 0
        model.metadata.fakeQuantization!.wideOutputs = ["w"]
        try check(model, [("w", 0.0001, 0)], -32768...32767)
    }

    private func check(
        _ model: NNQGraph.Model, _ scales: [(String, Float, Int)], _ limits: ClosedRange<Int>
    ) throws {
        let engine = try FloatEngine(model, batch: 2, observing: ["relu_1", "w", "d"], threads: 1)
        _ = engine.input.update(from: Noise.values(2 * 9 * 7 * 3, seed: 6))
        try engine.forward()
        for (name, scale, zeroPoint) in scales {
            let steps: [Float] = engine.value(of: name).map { $0 / scale }
            let whole: [Float] = steps.map { $0.rounded() }
            #expect(zip(steps, whole).allSatisfy { abs($0 - $1) < 1e-3 + 1e-6 * abs($1) }, "\(name)")
            #expect(whole.min()! >= Float(limits.lowerBound - zeroPoint), "\(name)")
            #expect(whole.max()! <= Float(limits.upperBound - zeroPoint), "\(name)")
            #expect(Set(whole).count > (limits.count > 256 ? 256 : 5), "\(name)")
        }
    }

    @Test func filesKeepTheScalesAndRefuseWrongOnes() throws {
        let model = try Self.model(bits: 4, zeroPoint: 3, outputScale: 0.02)
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("nnq-fake-\(UUID()).safetensors").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var wide = model
        wide.metadata.fakeQuantization!.zeroPoints["d"] = 0
        wide.metadata.fakeQuantization!.wideOutputs = ["d"]
        for model in [model, wide] {
            try model.write(to: path)
            #expect(try Model(contentsOf: path) == model)
        }
        var missing = model.parameters
        missing["d.output_log2_scale"] = nil
        #expect(throws: GraphError("parameter 'd.output_log2_scale' is missing")) {
            try Model(graph: model.graph, parameters: missing, metadata: model.metadata)
        }
        for wrong in [
            FakeQuantization(zeroPoints: ["x": 0], weightBits: [:]),
            FakeQuantization(zeroPoints: ["d": 128], weightBits: [:]),
            FakeQuantization(zeroPoints: [:], weightBits: ["d": 5]),
            FakeQuantization(zeroPoints: [:], weightBits: ["input": 8]),
            FakeQuantization(zeroPoints: ["d": 1], weightBits: [:], wideOutputs: ["d"]),
            FakeQuantization(zeroPoints: [:], weightBits: [:], wideOutputs: ["d"]),
        ] {
            var metadata = model.metadata
            metadata.fakeQuantization = wrong
            #expect(throws: GraphError.self) {
                try Model(graph: model.graph, parameters: model.parameters, metadata: metadata)
            }
        }
    }
}
