// SPDX-License-Identifier: Apache-2.0
// Scales of weights against a search by brute force; weights of 4 bits.

import CNNQ
import NNQBase
import NNQFormat
import NNQGraph
import NNQQuantize
import NNQRuntime
import Oracle
import Testing

@Suite struct WeightScaleTests {
    private static func error(_ row: ArraySlice<Float>, _ scale: Float, _ steps: Int) -> Double {
        row.reduce(0) { sum, weight in
            let rounded = min(max((weight / scale).rounded(), Float(-steps)), Float(steps))
            let error = Double(weight - rounded * scale)
            return sum + error * error
        }
    }

    @Test(arguments: [127, 7], UInt64(0)..<6)
    func mseIsTheLeastOfManyScales(_ steps: Int, _ seed: UInt64) {
        var rng = Rng(seed: seed, stream: 42)
        let (channels, terms) = (6, 50)
        let filter = (0..<channels * terms).map { _ in rng.normal() * (rng.below(40) == 0 ? 6 : 1) }
        let chosen = WeightScales.mse.choose(filter, channels: channels, steps: steps)
        var clipped = 0
        for channel in 0..<channels {
            let row = filter[channel * terms..<(channel + 1) * terms]
            let largest = row.reduce(0) { max($0, abs($1)) }
            let scale = chosen.scales[channel]
            for percent in stride(from: Float(100), through: 40, by: -1) {
                let other = largest * percent / 100 / Float(steps)
                #expect(Self.error(row, scale, steps) <= 1.0001 * Self.error(row, other, steps), "seed \(seed)")
            }
            clipped += row.count { abs($0) > (Float(steps) + 0.5) * scale }
            for place in row.indices {
                #expect(abs(chosen.filter[place]) <= Float(steps) * scale * 1.0001)
            }
        }
        #expect(chosen.clipped == clipped, "seed \(seed)")
    }

    @Test func tensorAndMax() {
        let filter: [Float] = [1, -2, 0, 0, 12.7, 3]
        func scales(_ choice: WeightScales, _ steps: Int) -> [Float] {
            choice.choose(filter, channels: 3, steps: steps).scales
        }
        let (two, most): (Float, Float) = (2, 12.7)
        #expect(scales(.tensor, 127) == Array(repeating: most / 127, count: 3))
        #expect(scales(.max, 127) == [two / 127, 0, most / 127] as [Float])
        #expect(scales(.max, 7) == [two / 7, 0, most / 7] as [Float])
    }

    private static func network(_ seed: UInt64) throws -> NNQGraph.Model {
        try NNQGraph.Model.random(seed: seed, input: [6, 6, 4]) { graph, input in
            let window = Window(kernel: 3, padding: .same)
            var node = graph.append(.conv2D(filters: 16, window: window, groups: 1, bias: true), inputs: [input])
            node = graph.append(.activation(.relu), inputs: [node])
            node = graph.append(.depthwiseConv2D(multiplier: 1, window: window, bias: true), inputs: [node])
            node = graph.append(.conv2D(filters: 12, window: Window(kernel: 1), groups: 1, bias: true), inputs: [node])
            node = graph.append(.activation(.relu), inputs: [node])
            return graph.append(.dense(units: 4, bias: true), inputs: [graph.append(.flatten, inputs: [node])])
        }
    }

    private static func filters(_ program: Program) -> [[Int8]] {
        program.operations.compactMap {
            switch $0.operation {
            case .conv2D(_, let filter, _), .depthwiseConv2D(_, let filter, _), .dense(_, let filter, _): filter
            default: nil
            }
        }
    }

    private static func largest(_ filters: [[Int8]]) -> [Int] {
        filters.map { filter in filter.reduce(0) { max($0, Int($1.magnitude)) } }
    }

    @Test(arguments: [WeightScales.max, .mse], [false, true])
    func fourBitsExceptFirstAndLast(_ scales: WeightScales, _ adaround: Bool) throws {
        let model = try Self.network(3)
        var rng = Rng(seed: 3, stream: 43)
        let samples = rng.samples(20, of: [6, 6, 4])
        var options = QuantizationOptions(weightScales: scales, weightBits: WeightBits(all: 4), adaround: adaround)
        let quantized = try Quantizer(options).quantize(model, calibration: InterpretedSamples(samples: samples))
        let filters = Self.filters(quantized.program)
        #expect(Self.largest(filters).map { $0 > 7 } == [true, false, false, true])
        #expect(Self.largest(filters)[1...2] == [7, 7])
        options.weightBits = WeightBits(all: 8, layers: [model.graph.nodes.last!.name: 4])
        let last = try Quantizer(options).quantize(model, calibration: InterpretedSamples(samples: samples))
        #expect(Self.largest(Self.filters(last.program)).map { $0 > 7 } == [true, true, true, false])
    }

    /// Two weights to a byte, the same outputs.
    @Test(arguments: UInt64(0)..<10)
    func packedFourBitsComputeTheSame(_ seed: UInt64) throws {
        var rng = Rng(seed: seed, stream: 44)
        let samples = rng.samples(12, of: [6, 6, 4])
        let options = QuantizationOptions(weightBits: WeightBits(all: 4))
        let quantized = try Quantizer(options).quantize(
            Self.network(seed), calibration: InterpretedSamples(samples: samples))
        let plain = try ProgramFile(quantized.program)
        let packed = plain.packedInt4()
        let names = packed.program.operations.map(\.operation.name)
        #expect(names.filter { $0.hasSuffix("_int4") } == ["depthwise_conv2d_int4", "conv2d_int4"], "seed \(seed)")
        let sizes = (packed: try packed.encoded().count, plain: try plain.encoded().count)
        #expect(sizes.packed < sizes.plain, "seed \(seed)")
        let program = quantized.program
        var session = Session(try Int8Model(copying: try packed.encoded()))
        for sample in samples {
            let input = program.tensors[0].quantized(sample)
            let expected = try Oracle.run(program, inputs: [input])[program.outputs[0]]
            #expect(try session.run(input) == expected, "seed \(seed)")
        }
        // What was read back packs for a core, but for the ops that are packed.
        let again = try ProgramFile(bytes: packed.encoded())
        let isSame = try again.encoded() == packed.encoded()
        #expect(isSame, "seed \(seed)")
        let core = again.packed(for: .cortexM4).program.operations.map(\.operation.name)
        #expect(core.contains("conv2d_int4") && core.contains { $0.hasSuffix("_dsp") })
    }

    @Test func unknownLayersAreNamed() throws {
        let options = QuantizationOptions(weightBits: WeightBits(all: 8, layers: ["nothing": 4]))
        let error = #expect(throws: QuantizeError.self) {
            try Quantizer(options).quantize(
                Self.network(1), calibration: InterpretedSamples(samples: [Array(repeating: 1, count: 144)]))
        }
        #expect(error?.description.contains("'nothing' is no layer of weights; these are: conv2d") == true)
    }
}
