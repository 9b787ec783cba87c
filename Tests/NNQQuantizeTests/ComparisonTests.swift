// SPDX-License-Identifier: Apache-2.0
// Comparisons say what they measured; raw samples become the right bytes.

import Foundation
import NNQBase
import NNQFormat
import NNQGraph
import NNQQuantize
import Testing

@Suite struct ComparisonTests {
    /// An int8 engine whose answers are made up.
    struct Scripted: ProgramRunner {
        var answers: [[[Int8]]]
        var next = 0

        mutating func run(_ inputs: [[Int8]], reading tensors: [Int]) -> [[Int8]] {
            next += 1
            return inputs + answers[next - 1]
        }
    }

    /// Float values that are made up: of the input and of one layer.
    struct Recorded: FloatSource {
        var outputs: [[Float]]
        var targets: [FloatBatch.Target]
        var count: Int { outputs.count }

        func forEachBatch(of model: Model, nodes: [String], limit: Int, _ body: (FloatBatch) throws -> Void) throws {
            #expect(nodes == ["input", "dense_1"])
            let inputs = [Float](repeating: 0, count: 2 * limit)
            let values = [inputs, outputs.prefix(limit).flatMap { $0 }]
            try body(FloatBatch(count: limit, values: values, targets: Array(targets.prefix(limit))))
        }
    }

    private func compare(_ task: Task, _ float: [[Float]], _ int8: [[Int8]], _ targets: [FloatBatch.Target]) throws
        -> Comparison
    {
        let model = try Model(input: [2], metadata: Metadata(task: task)) { Dense(float[0].count) }
        let quantization = Quantization(scale: 0.5, zeroPoint: 0)
        let program = Program(
            tensors: [
                ProgramTensor(name: "input", height: 1, width: 1, channels: 2, quantization: quantization),
                ProgramTensor(
                    name: "dense_1", height: 1, width: 1, channels: float[0].count, quantization: quantization),
            ], inputCount: 1, operations: [], outputs: [1])
        var runner = Scripted(answers: int8.map { [$0] })
        return try NNQQuantize.compare(
            model, program, nodeOfTensor: ["input", "dense_1"], runner: &runner,
            source: Recorded(outputs: float, targets: targets))
    }

    @Test func countsAnswers() throws {
        let comparison = try compare(
            .classification, [[1, 2], [3, 1], [0, 1], [1, 1]], [[2, 4], [0, 2], [0, 2], [2, 2]],
            [.label(1), .label(0), .values([1, 0]), .label(0)])
        #expect(comparison.float.accuracy == 0.75 && comparison.int8.accuracy == 0.5)
        #expect(comparison.agreement == 0.75 && comparison.samples == 4)
        // Errors are 3 and 0 in the second sample; the signal is 1 + 4 + 9 + 1 + 1 + 2.
        #expect(abs(try #require(comparison.layers[0].sqnr) - 10 * log10(18.0 / 9)) < 1e-9)
        #expect(comparison.layers[0].largestError == 3)
    }

    @Test func countsYesAndNo() throws {
        let comparison = try compare(
            .binary, [[0.6, 0.4], [0.5, 2]], [[2, 0], [4, 4]], [.values([1, 0]), .values([0, 1])])
        #expect(comparison.float.accuracy == 1 && comparison.int8.accuracy == 0.5 && comparison.agreement == 0.5)
        let single = try compare(.binary, [[0.6], [0.2]], [[1], [2]], [.label(1), .label(0)])
        #expect(single.float.accuracy == 1 && single.int8.accuracy == 0 && single.agreement == 0)
    }

    @Test func measuresRegression() throws {
        let comparison = try compare(.regression, [[1], [2]], [[2], [6]], [.values([1]), .values([1])])
        #expect(comparison.float.squaredError == 0.5 && comparison.int8.squaredError == 2)
        #expect(comparison.agreement == nil && comparison.float.accuracy == nil)
    }

    @Test func writesTheAgreedJSON() throws {
        let comparison = try compare(.classification, [[1, 2]], [[2, 4]], [.label(1)])
        let json = try #require(
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(comparison)) as? [String: Any])
        #expect((json["float"] as? [String: Any])?["accuracy"] as? Double == 1)
        #expect((json["int8"] as? [String: Any])?["accuracy"] as? Double == 1)
        #expect(json["agreement"] as? Double == 1)
        let layer = try #require((json["layers"] as? [[String: Any]])?.first)
        #expect(layer["name"] as? String == "dense_1" && layer["max_abs_error"] as? Double == 0)
        #expect(layer["sqnr_db"] == nil)
    }

    @Test func refusesAnotherNetwork() throws {
        let model = try Model(input: [2]) { Dense(3) }
        let samples = InterpretedSamples(samples: [[1, 2], [0.5, 1]])
        let quantized = try Quantizer().quantize(model, calibration: samples)
        var runner = OracleRunner(program: quantized.program)
        let other = try Model(input: [2]) { Dense(4) }
        #expect(throws: QuantizeError.self) {
            try NNQQuantize.compare(
                other, quantized.program, nodeOfTensor: quantized.nodeOfTensor, runner: &runner, source: samples)
        }
        #expect(throws: QuantizeError.self) {
            try NNQQuantize.compare(
                model, quantized.program, nodeOfTensor: ["input", nil], runner: &runner, source: samples)
        }
    }

    @Test func pixelsMapExactly() {
        let info = ProgramInfo(normalization: .init(mean: [127], std: [64]), byteInput: true)
        let mapping = InputMapping(Quantization(scale: 1 / 64, zeroPoint: -1), info: info)
        #expect(mapping.isExactForBytes)
        #expect(mapping.map((0...255).map { UInt8($0) }) == (-128...127).map { Int8($0) })
        #expect(mapping.map([Float(0), 255, 127, 300, -5, 1.4, .nan]) == [-128, 127, -1, 127, -128, -127, -128])
    }

    @Test func otherRawValuesAreNormalized() {
        let quantization = Quantization(scale: 0.02, zeroPoint: 10)
        let info = ProgramInfo(normalization: .init(mean: [10, 20, 30], std: [50, 60, 70]), byteInput: true)
        let mapping = InputMapping(quantization, info: info)
        #expect(!mapping.isExactForBytes)
        let pixels: [UInt8] = [0, 20, 200, 255, 255, 30]
        let expected = pixels.enumerated().map { index, pixel in
            quantization.quantize((Float(pixel) - [10, 20, 30][index % 3]) / [50, 60, 70][index % 3])
        }
        #expect(mapping.map(pixels) == expected && mapping.map(pixels.map { Float($0) }) == expected)
        #expect(InputMapping(quantization, info: ProgramInfo()).map([Float(0), 0.02, -9]) == [10, 11, -128])
    }
}
