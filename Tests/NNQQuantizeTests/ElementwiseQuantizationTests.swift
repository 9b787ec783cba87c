// SPDX-License-Identifier: Apache-2.0
// Functions of two tensors, constants, PReLU, reductions and norms: the int8 op stays close to the float layer.

import CNNQ
import NNQArithmetic
import NNQBase
import NNQFormat
import NNQGraph
import NNQQuantize
import Testing

@Suite struct ElementwiseQuantizationTests {
    private static let input: Shape = [5, 4, 6]

    /// The function of the input and something else, in this order or the other.
    private func model(_ function: Layer, _ seed: UInt64, isSwapped: Bool, other: Layer) throws -> Model {
        var model = try Model.random(seed: seed, input: Self.input) { graph, input in
            var inputs = [input]
            if case .constant = other {
                inputs.append(graph.append(other, inputs: [], name: "other"))
            } else {
                inputs.append(graph.append(other, inputs: [input], name: "other"))
            }
            return graph.append(function, inputs: isSwapped ? inputs.reversed() : inputs, name: "layer")
        }
        var rng = Rng(seed: seed, stream: 3)
        if let count = model.parameters["other.value"]?.values.count {
            model.parameters["other.value"]!.values = (0..<count).map { _ in
                (rng.below(2) == 0 ? 1 : -1) * rng.uniform(0.5, 2)
            }
        }
        return model
    }

    private func expectCloseness(_ model: Model, _ seed: UInt64, floor: Double = 28) throws -> Quantized {
        guard case .input(let shape) = model.graph.nodes[0].layer else { throw QuantizeError("no input") }
        var rng = Rng(seed: seed, stream: 5)
        let samples = rng.samples(40, of: shape)
        let quantized = try Quantizer().quantize(model, calibration: InterpretedSamples(samples: samples))
        let layer = try #require(try quantized.compared(on: samples).layers.last)
        #expect(layer.sqnr ?? .infinity > floor, "seed \(seed): \(layer)")
        #expect(quantized.report.adjustments.isEmpty)
        return quantized
    }

    static let functions: [Layer] = [.add] + BinaryFunction.allCases.map { .binary($0) }

    @Test(arguments: functions, [Shape([6]), [1], [4, 1], [5, 1, 1], [5, 4, 6]])
    func combinesWithAConstant(_ function: Layer, _ shape: Shape) throws {
        for isSwapped in [false, true] where function != .binary(.divide) || !isSwapped {
            let model = try model(function, 7, isSwapped: isSwapped, other: .constant(shape))
            let quantized = try expectCloseness(model, 7)
            // The constant has the quantization that the function wants: no op comes in between.
            #expect(quantized.program.operations.count <= 3)
            #expect(quantized.program.operations.contains { $0.inputs.isEmpty })
        }
    }

    @Test(arguments: functions.filter { $0 != .binary(.divide) })
    func combinesTwoTensors(_ function: Layer) throws {
        let others: [Layer] = [
            .conv2D(filters: 6, window: Window(kernel: 3, padding: .same), groups: 1, bias: true),
            .reduce(.mean, axes: [0, 1], keepsExtents: false), .reduce(.maximum, axes: [2], keepsExtents: true),
        ]
        for other in others {
            for isSwapped in [false, true] {
                let model = try model(function, 11, isSwapped: isSwapped, other: other)
                _ = try expectCloseness(model, 11, floor: 24)
            }
        }
    }

    @Test(arguments: Reduction.allCases, [Shape([12]), [7, 6], [5, 4, 6], [2, 3, 4, 5]])
    func reduces(_ reduction: Reduction, _ shape: Shape) throws {
        for axes in 1..<1 << shape.rank {
            let chosen = (0..<shape.rank).filter { axes >> $0 & 1 == 1 }
            // The two inner axes of four make the width together.
            if shape.rank == 4, chosen.contains(1) != chosen.contains(2) { continue }
            for keepsExtents in [false, true] {
                let layer = Layer.reduce(reduction, axes: chosen, keepsExtents: keepsExtents)
                let model = try Model.random(seed: 3, input: shape) { graph, input in
                    graph.append(layer, inputs: [input], name: "layer")
                }
                _ = try expectCloseness(model, 3, floor: 24)
            }
        }
    }

    @Test(arguments: [Layer.prelu, .l2Normalize], [Shape([12]), [5, 4, 6]])
    func transforms(_ layer: Layer, _ shape: Shape) throws {
        var model = try Model.random(seed: 5, input: shape) { graph, input in
            graph.append(layer, inputs: [input], name: "layer")
        }
        var rng = Rng(seed: 5, stream: 1)
        if let count = model.parameters["layer.slope"]?.values.count {
            model.parameters["layer.slope"]!.values = (0..<count).map { _ in rng.uniform(-0.5, 1.5) }
        }
        _ = try expectCloseness(model, 5)
    }

    @Test func fusesActivationsIntoProductsAndDifferences() throws {
        for function in [BinaryFunction.subtract, .multiply] {
            let model = try Model.random(seed: 2, input: [6]) { graph, input in
                let other = graph.append(.dense(units: 6, bias: true), inputs: [input])
                let layer = graph.append(.binary(function), inputs: [input, other], name: "layer")
                return graph.append(.activation(.relu), inputs: [layer])
            }
            let quantized = try expectCloseness(model, 2, floor: 24)
            #expect(quantized.program.operations.count == 2)
        }
    }

    @Test func namesWhatCannotBe() throws {
        func expectError(_ parts: String..., build: (inout Graph, Int) -> Int) throws {
            let model = try Model.random(seed: 1, input: [2, 3, 4, 5], build)
            var rng = Rng(seed: 1)
            let samples = rng.samples(5, of: [2, 3, 4, 5])
            let error = #expect(throws: QuantizeError.self) {
                try Quantizer().quantize(model, calibration: InterpretedSamples(samples: samples))
            }
            for part in parts { #expect(error?.description.contains(part) == true, "\(error?.description ?? "none")") }
        }
        try expectError("layer 'q' (divide)", "divide by constants only") { graph, input in
            graph.append(
                .binary(.divide), inputs: [input, graph.append(.activation(.exp), inputs: [input])], name: "q")
        }
        try expectError("layer 'r' (reduce_mean)", "some of the axes that make the width") { graph, input in
            graph.append(.reduce(.mean, axes: [1], keepsExtents: true), inputs: [input], name: "r")
        }
        try expectError("layer 'm' (multiply)", "at most three extents") { graph, input in
            let mean = graph.append(.reduce(.mean, axes: [1, 2], keepsExtents: true), inputs: [input])
            let wide = graph.append(.constant([3, 1, 5]), inputs: [])
            let sum = graph.append(.add, inputs: [input, mean])
            return graph.append(.binary(.multiply), inputs: [sum, wide], name: "m")
        }
    }

    @Test func findsScales() throws {
        let exact = try #require(ScaleArithmetic(0.5, bound: 1 << 20))
        #expect(exact.multiplier == 1 << 30 && exact.shift == 31)
        let large = try #require(ScaleArithmetic(1.5, bound: (1 << 30) - 1))
        #expect(Double(large.multiplier) / Double(1 << large.shift) == 1.5)
        #expect(ScaleArithmetic(1.5, bound: 1 << 30) == nil)
        let small = try #require(ScaleArithmetic(0x1p-40, bound: Int(Int32.max)))
        #expect(small.shift == 62 && small.multiplier == 1 << 22)
        #expect(try #require(ScaleArithmetic(1 - 0x1p-40, bound: 1)).multiplier == 1 << 30)
        let difference = try #require(
            SumArithmetic(
                inputs: [Quantization(scale: 1, zeroPoint: 3), Quantization(scale: 0.5, zeroPoint: -7)], signs: [1, -1],
                output: Quantization(scale: 2, zeroPoint: 0)))
        #expect(difference.multipliers == [16384, -8192] && difference.shift == 15)
        #expect(difference.constant == (1 << 14) - 3 * 16384 - 7 * 8192)
    }
}
