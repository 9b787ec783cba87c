// SPDX-License-Identifier: Apache-2.0
// Single operators with int8 activations.

import NNQFormat
import NNQImport
import Testing

/// A function of one element: its operator, the quantizations around it, FNV-1a of what it gives for -128 ... 127.
struct KnownFunction: Sendable {
    var code: Int
    var input: (scale: Float, zeroPoint: Int64)
    var output: (scale: Float, zeroPoint: Int64)
    var hash: String

    /// From the interpreter of the Python package tflite-micro (0.dev20261023182759).
    static let all = [
        // LOGISTIC, TANH, HARD_SWISH, RELU, RELU6, QUANTIZE.
        KnownFunction(code: 14, input: (0.0413, -7), output: (1 / 256, -128), hash: "158013c1"),
        KnownFunction(code: 28, input: (0.0271, 11), output: (1 / 128, 0), hash: "784dfbe0"),
        KnownFunction(code: 117, input: (0.0472, 3), output: (0.0261, -114), hash: "ac770e27"),
        KnownFunction(code: 19, input: (0.05, 3), output: (0.03, -20), hash: "fbe49306"),
        KnownFunction(code: 21, input: (0.05, -100), output: (0.05, -100), hash: "3bc626bd"),
        KnownFunction(code: 114, input: (0.05, 3), output: (0.0321, -20), hash: "63dcb2ca"),
    ]
}

struct Int8OperatorTests {
    @Test(arguments: KnownFunction.all)
    func functions(_ known: KnownFunction) throws {
        let model = SmallModel.unary(
            known.code, from: known.input.scale, known.input.zeroPoint, to: known.output.scale, known.output.zeroPoint)
        let values = try layers(importedProgram(model.bytes), (-128...127).map { Int8($0) })
        #expect(fnv1a(values[0]) == known.hash)
    }

    @Test func leakyReLU() throws {
        let model = SmallModel.unary(
            98, from: 0.05, 3, to: 0.0321, -20, optionsType: 75, options: [0: .f32(0.3)])
        let values = try layers(importedProgram(model.bytes), (-128...127).map { Int8($0) })
        #expect(fnv1a(values[0]) == "a1f89b77")
    }

    /// A channel whose filter is zero has the value of its bias, which its own scale cannot express here; it becomes
    /// one of usual size with the same value.
    @Test func channelsThatAreConstant() throws {
        let program = try importedProgram(SmallModel.convolution.bytes)
        let values = try layers(program, patternInput(16))
        // bias 2^31 - 1 times 0.1 * 1e-30 / 0.05 is nothing: the zero point is left.
        #expect(stride(from: 1, to: 32, by: 2).allSatisfy { values[0][$0] == -4 })
        guard case .conv2D(_, _, let block) = program.operations[0].operation else {
            Issue.record("not a convolution")
            return
        }
        #expect(block.bias[1] == 0 && block.multiplier[1] >= 1 << 30)
    }

    @Test func biasesMayBeAbsent() throws {
        var model = SmallModel.convolution
        let with = try layers(importedProgram(model.bytes), patternInput(16))[0]
        model.operators[0].inputs = [0, 1, -1]
        let without = try layers(importedProgram(model.bytes), patternInput(16))[0]
        model.operators[0].inputs = [0, 1]
        #expect(try layers(importedProgram(model.bytes), patternInput(16))[0] == without)
        #expect(with != without)
    }

    /// The program begins after QUANTIZE and ends before DEQUANTIZE.
    @Test func floatAtTheEdges() throws {
        var model = SmallModel.unary(19, from: 0.05, 3, to: 0.03, -20)
        let plain = try importedProgram(model.bytes)
        model.tensors += [
            SmallTensor(name: "float in", shape: [1, 256], kind: .float32),
            SmallTensor(name: "float out", shape: [1, 256], kind: .float32),
        ]
        model.operators.insert(SmallOperator(code: 114, inputs: [2], outputs: [0]), at: 0)
        model.operators.append(SmallOperator(code: 6, inputs: [1], outputs: [3]))
        (model.inputs, model.outputs) = ([2], [3])
        #expect(try importedProgram(model.bytes) == plain)
    }

    @Test func inputsAsDeepAsTheFileSays() throws {
        let program = try importedProgram(SmallModel.convolution.bytes)
        #expect(program.tensors.map(\.name) == ["map", "features", "flat"])
        #expect(program.tensors[0].quantization == Quantization(scale: 0.1, zeroPoint: 3))
        #expect([program.tensors[2].height, program.tensors[2].width, program.tensors[2].channels] == [1, 1, 32])
    }
}
