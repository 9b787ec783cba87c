// SPDX-License-Identifier: Apache-2.0
// Equalization, absorption, bias correction and learned rounding: what they keep, and what they make better.

import Foundation
import NNQBase
import NNQFormat
import NNQGraph
import NNQQuantize
import Testing

@Suite struct CorrectionTests {
    /// Convolutions with ReLU or ReLU6 between them, channels of very different size, and a dense layer.
    private static func network(_ seed: UInt64, _ function: Activation) throws -> Model {
        var model = try Model.random(seed: seed, input: [6, 6, 3]) { graph, input in
            let window = Window(kernel: 3, padding: .same)
            var node = graph.append(.conv2D(filters: 8, window: window, groups: 1, bias: true), inputs: [input])
            node = graph.append(.activation(function), inputs: [node])
            node = graph.append(.depthwiseConv2D(multiplier: 1, window: window, bias: true), inputs: [node])
            node = graph.append(.activation(function), inputs: [node])
            node = graph.append(.conv2D(filters: 6, window: Window(kernel: 1), groups: 1, bias: true), inputs: [node])
            node = graph.append(.activation(function), inputs: [node])
            return graph.append(.dense(units: 4, bias: true), inputs: [graph.append(.flatten, inputs: [node])])
        }
        // Channels from 1 down to 1/64, and readers that make up for it.
        var rng = Rng(seed: seed, stream: 51)
        let factors = (0..<8).map { _ in exp2(rng.uniform(-6, 0)) }
        for (name, power) in [("conv2d_1.weight", Float(1)), ("conv2d_1.bias", 1), ("depthwise_conv2d_1.weight", -1)] {
            var tensor = model.parameters[name]!
            let terms = tensor.count / 8
            for place in tensor.values.indices { tensor.values[place] *= pow(factors[place / terms], power) }
            model.parameters[name] = tensor
        }
        return model
    }

    private static func samples(_ seed: UInt64) -> [[Float]] {
        var rng = Rng(seed: seed, stream: 52)
        return rng.samples(24, of: [6, 6, 3])
    }

    private static func bare(_ change: (inout QuantizationOptions) -> Void) -> QuantizationOptions {
        var options = QuantizationOptions(equalize: nil, biasCorrection: nil)
        change(&options)
        return options
    }

    /// The ratio of signal to noise of the outputs, in dB.
    private static func quality(_ model: Model, _ samples: [[Float]], _ options: QuantizationOptions) throws -> Double {
        let quantized = try Quantizer(options).quantize(model, calibration: InterpretedSamples(samples: samples))
        return try quantized.compared(on: samples).layers.last!.sqnr ?? .infinity
    }

    @Test(arguments: [Activation.relu, .relu6], Equalization.allCases)
    func equalizationKeepsTheFloatFunction(_ function: Activation, _ mode: Equalization) throws {
        for seed in UInt64(0)..<6 {
            let model = try Self.network(seed, function)
            let samples = Self.samples(seed)
            let options = Self.bare { $0.equalize = mode }
            let quantized = try Quantizer(options).quantize(model, calibration: InterpretedSamples(samples: samples))
            let report = try #require(quantized.report.equalization)
            #expect(report.pairs > 0 && report.largestFactor > 1.5, "seed \(seed)")
            for sample in samples {
                let before = try model.outputs(sample)[0]
                let after = try quantized.foldedModel.outputs(sample)[0]
                #expect(before.isClose(to: after, tolerance: 1e-4), "seed \(seed): \(before), \(after)")
            }
        }
    }

    /// With one scale for all weights of a layer, channels of other sizes lose most, and equalization gives it back.
    @Test func equalizationHelpsScalesOfWholeTensors() throws {
        var gains: [Double] = []
        for seed in UInt64(0)..<6 {
            let model = try Self.network(seed, .relu)
            let samples = Self.samples(seed)
            let before = try Self.quality(model, samples, Self.bare { $0.weightScales = .tensor })
            let after = try Self.quality(
                model, samples, Self.bare { ($0.weightScales, $0.equalize) = (.tensor, .weights) })
            gains.append(after - before)
        }
        #expect(gains.reduce(0, +) / Double(gains.count) > 3, "\(gains)")
    }

    @Test func absorptionKeepsTheFloatFunction() throws {
        for seed in UInt64(0)..<6 {
            var model = try Model.random(seed: seed, input: [8]) { graph, input in
                var node = graph.append(.dense(units: 10, bias: true), inputs: [input])
                node = graph.append(.activation(.relu), inputs: [node])
                return graph.append(.dense(units: 4, bias: true), inputs: [node])
            }
            // Means many deviations above zero, for some of the channels.
            for channel in 0..<5 { model.parameters["dense_1.bias"]!.values[channel] += 40 }
            var rng = Rng(seed: seed, stream: 53)
            let samples = rng.samples(40, of: [8])
            let quantized = try Quantizer(Self.bare { $0.absorbBias = true }).quantize(
                model, calibration: InterpretedSamples(samples: samples))
            let amounts = try #require(quantized.report.absorbBias?.amounts["dense_1"])
            #expect(amounts[..<5].allSatisfy { $0 > 10 }, "seed \(seed): \(amounts)")
            #expect(amounts[5...].allSatisfy { $0 == 0 }, "seed \(seed): \(amounts)")
            for sample in samples {
                let hidden = try FloatInterpreter(quantized.foldedModel).values([sample])[1]
                guard (0..<5).allSatisfy({ hidden[$0] >= 0 }) else { continue }
                let before = try model.outputs(sample)[0]
                let after = try quantized.foldedModel.outputs(sample)[0]
                #expect(before.isClose(to: after, tolerance: 1e-3), "seed \(seed)")
            }
        }
    }

    /// The mean error of every channel of the outputs, in units of their scale.
    private static func meanErrors(_ quantized: Quantized, _ samples: [[Float]], _ model: Model) throws -> [Double] {
        var sums = Array(repeating: 0.0, count: 4)
        let runner = OracleRunner(program: quantized.program)
        let output = quantized.program.outputs[0]
        let quantization = quantized.program.tensors[output].quantization
        for sample in samples {
            let input = quantized.program.tensors[0].quantized(sample)
            let int8 = try runner.run([input], reading: [output])[0]
            for (channel, value) in try model.outputs(sample)[0].enumerated() {
                sums[channel] += Double(quantization.dequantize(int8[channel]) - value)
            }
        }
        return sums.map { $0 / Double(samples.count) / Double(quantization.scale) }
    }

    /// With coarse weights means are off by many steps; after correction by less than one, in the mean of six networks.
    @Test func biasCorrectionBringsMeansBack() throws {
        var total = (before: 0.0, after: 0.0)
        for seed in UInt64(0)..<6 {
            total.before += try Self.worstMeanError(seed, nil)
            total.after += try Self.worstMeanError(seed, .data)
        }
        #expect(total.after < 0.3 * total.before, "\(total)")
        #expect(total.after / 6 < 1, "\(total)")
    }

    private static func worstMeanError(_ seed: UInt64, _ correction: BiasCorrection?) throws -> Double {
        let model = try network(seed, .relu)
        let samples = samples(seed)

        let options = bare {
            ($0.weightScales, $0.weightBits, $0.biasCorrection) = (.tensor, WeightBits(all: 4), correction)
        }
        let quantized = try Quantizer(options).quantize(model, calibration: InterpretedSamples(samples: samples))
        #expect((quantized.report.biasCorrection?.count ?? 0) == (correction == nil ? 0 : 4))
        return try meanErrors(quantized, samples, model).map(abs).max()!
    }

    @Test(arguments: UInt64(0)..<4)
    func learnedRoundingMovesByOneStepAndHelps(_ seed: UInt64) throws {
        let model = try Self.network(seed, .relu)
        let samples = Self.samples(seed)
        func quantize(_ adaround: Bool) throws -> Quantized {
            let options = Self.bare {
                ($0.weightBits, $0.weightScales, $0.adaround) = (WeightBits(all: 4), .max, adaround)
            }
            return try Quantizer(options).quantize(model, calibration: InterpretedSamples(samples: samples))
        }
        let (nearest, learned) = (try quantize(false), try quantize(true))
        let reports = try #require(learned.report.adaround)
        #expect(reports.map(\.layer) == ["conv2d_1", "depthwise_conv2d_1", "conv2d_2", "dense_1"])
        #expect(reports.allSatisfy { $0.squaredErrorAfter <= $0.squaredErrorBefore }, "seed \(seed)")
        #expect(reports.contains { $0.squaredErrorAfter < 0.9 * $0.squaredErrorBefore && $0.changedShare > 0 })
        let pairs = zip(nearest.program.operations, learned.program.operations)
        for (before, after) in pairs {
            for (a, b) in zip(before.operation.filter, after.operation.filter) {
                #expect(abs(Int(a) - Int(b)) <= 1, "seed \(seed)")
            }
        }
    }

    /// The squared error by H and g is the one that comes out of the rows themselves.
    @Test func roundingProblemIsTheSquaredError() {
        var rng = Rng(seed: 6, stream: 54)
        let (rows, outputs, terms) = (300, 3, 7)
        var problem = RoundingProblem(outputs: outputs, terms: terms)
        let x = rng.values(rows * terms)
        let y = rng.values(rows * outputs)
        problem.add(Array(x[..<(100 * terms)]), Array(y[..<(100 * outputs)]))
        problem.add(Array(x[(100 * terms)...]), Array(y[(100 * outputs)...]))
        let weights = rng.values(terms)
        for output in 0..<outputs {
            var sum = 0.0
            for row in 0..<rows {
                let product = (0..<terms).reduce(0.0) { $0 + Double(x[row * terms + $1]) * Double(weights[$1]) }
                sum += pow(product - Double(y[row * outputs + output]), 2)
            }
            #expect(abs(problem.squaredError(output, weights[...]) / (sum / Double(rows)) - 1) < 1e-4)
        }
    }

    /// Few weights: of all roundings up and down, learned ones are close to the best and never worse than the nearest.
    @Test func learnedRoundingIsCloseToTheBest() {
        var (learned, nearest) = (0.0, 0.0)
        for seed in UInt64(0)..<8 {
            let errors = Self.errors(seed)
            #expect(errors.learned <= errors.nearest * 1.000001, "seed \(seed)")
            learned += errors.learned / errors.best
            nearest += errors.nearest / errors.best
        }
        #expect(learned - 8 < 0.4 * (nearest - 8), "\(learned / 8) and \(nearest / 8) times the best")
    }

    /// Of one output of correlated inputs.
    private static func errors(_ seed: UInt64) -> (learned: Double, nearest: Double, best: Double) {
        var rng = Rng(seed: seed, stream: 55)
        let terms = 8
        let mixed = rng.values(terms * terms)
        let x = (0..<400).flatMap { _ -> [Float] in
            let source = rng.values(terms)
            return (0..<terms).map { term in (0..<terms).reduce(0) { $0 + mixed[term * terms + $1] * source[$1] } }
        }
        let weights = rng.values(terms)
        let y = (0..<400).map { row in (0..<terms).reduce(Float(0)) { $0 + x[row * terms + $1] * weights[$1] } }
        var problem = RoundingProblem(outputs: 1, terms: terms)
        problem.add(x, y)
        let scale = weights.map(abs).max()! / 7
        func error(_ steps: [Float]) -> Double {
            let weights = steps.map { $0 * scale }
            return problem.squaredError(0, weights[...])
        }
        let learned = AdaptiveRounding(problem, steps: 7).rounded(weights, scales: [scale]).map { Float($0) }
        let best = (0..<1 << terms).map { choice -> Double in
            let steps = (0..<terms).map { term -> Float in
                min((weights[term] / scale).rounded(.down) + Float(choice >> term & 1), 7)
            }
            return error(steps)
        }.min()!
        return (error(learned), error(weights.map { ($0 / scale).rounded() }), best)
    }
}

extension NNQFormat.Operation {
    fileprivate var filter: [Int8] {
        switch self {
        case .conv2D(_, let filter, _), .depthwiseConv2D(_, let filter, _), .dense(_, let filter, _): filter
        default: []
        }
    }
}
