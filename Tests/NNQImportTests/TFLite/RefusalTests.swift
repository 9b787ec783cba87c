// SPDX-License-Identifier: Apache-2.0
// What cannot be imported is refused in one sentence that names the operator and the tensor.

import NNQImport
import Testing

struct RefusalTests {
    @Test func operatorsThatHaveNoCounterpart() {
        var model = SmallModel.convolution
        model.operators[1].code = 107
        expectError(model.bytes, "operator 1 (GATHER_ND \"flat\"): this operator cannot be imported")
        model.operators[1].code = 32
        model.operators[1].custom = "Mine"
        expectError(model.bytes, "operator 1 (CUSTOM Mine \"flat\")")
    }

    @Test func shapesThatAreOpen() {
        var model = SmallModel.convolution
        model.tensors[0].signature = [-1, -1, 4, 1]
        expectError(model.bytes, "tensor 0 (\"map\"), an input, has an open extent")
        model.tensors[0].signature = [-1, 4, 4, 1]
        #expect(throws: Never.self) { try importedProgram(model.bytes) }
    }

    @Test func batches() {
        var model = SmallModel.convolution
        model.tensors[0].shape = [2, 4, 4, 1]
        model.tensors[3].shape = [2, 4, 4, 2]
        expectError(model.bytes, "operator 0 (CONV_2D \"features\")")
    }

    @Test func cycles() {
        var model = SmallModel.convolution
        model.operators[0].inputs[0] = 4
        expectError(
            model.bytes, "operator 0 (CONV_2D \"features\"): reads tensor 4 (\"flat\"), which operator 1 writes later")
        model.operators[0].inputs[0] = 3
        expectError(model.bytes, "which it writes itself")
        model.operators[0].inputs[0] = 0
        model.operators[1].outputs[0] = 3
        expectError(model.bytes, "which operator 0 also writes")
        model.operators[1].outputs[0] = 99
        expectError(model.bytes, "names tensor 99")
    }

    @Test func subgraphs() {
        var model = SmallModel.convolution
        model.subgraphs = 200
        expectError(model.bytes, "has 200 subgraphs")
        model.subgraphs = 0
        expectError(model.bytes, "has no graph")
    }

    @Test func valuesElsewhere() {
        var model = SmallModel.convolution
        model.tensors[1].extra[10] = .u32(1)
        expectError(model.bytes, "tensor 1 (\"filter\") has its values in another file")
        model.tensors[1].extra = [2: .u32(6)]
        model.buffers = [.table([1: .u64(1 << 40), 2: .u64(18)])]
        expectError(model.bytes, "after the end of the file")
        model.tensors[1].extra = [2: .u32(60)]
        expectError(model.bytes, "names buffer 60")
    }

    @Test func otherTypes() {
        for (kind, words) in [(SmallTensor.Kind.uint8, "TensorFlow 2"), (.int16, "int16x8")] {
            var model = SmallModel.unary(14, from: 0.1, 0, to: 1 / 256, -128)
            model.tensors[0].kind = kind
            model.tensors[1].kind = kind
            expectError(model.bytes, words)
        }
        var mixed = SmallModel.convolution
        mixed.tensors[4].kind = .float32
        expectError(mixed.bytes, "operator 1 (RESHAPE \"flat\"): \"flat\" is float32")
    }

    @Test func weightsOutOfRange() {
        var model = SmallModel.convolution
        model.tensors[1].data[4] = 128
        expectError(model.bytes, "the filter \"filter\" holds -128")
        model = .convolution
        model.tensors[1].zeroPoint = 2
        expectError(model.bytes, "has a zero point other than 0")
        model = .convolution
        model.tensors[1].scales = [1, 1, 1]
        expectError(model.bytes, "has 3 scales for 2 output channels")
    }

    @Test func shapesThatDoNotFollow() {
        var model = SmallModel.convolution
        model.tensors[3].shape = [1, 3, 4, 2]
        expectError(model.bytes, "a 3x3 window over 1x4x4x1 does not give 1x3x4x2")
        model = .convolution
        model.tensors[4].shape = [1, 31]
        expectError(model.bytes, "makes 1x31 of 1x4x4x2")
    }

    /// Refused before the places of two thousand million rows are computed.
    @Test func mapsThatAreTooLarge() {
        var model = SmallModel.unary(97, from: 0.1, 0, to: 0.1, 0, optionsType: 74, options: [0: .u8(0), 1: .u8(0)])
        model.tensors[0].shape = [1, 4, 4, 1]
        model.tensors[1].shape = [1, 2_000_000_000, 1, 1]
        expectError(model.bytes, "operator 0 (RESIZE_NEAREST_NEIGHBOR \"y\"): \"y\" is a map of 2000000000x1x1")
    }

    @Test func floatInTheMiddle() {
        var model = SmallModel.convolution
        model.operators[0].code = 6
        model.operators[0].inputs = [0]
        model.operators[0].options = nil
        model.tensors[3].kind = .float32
        expectError(model.bytes, "operator 1 (RESHAPE \"flat\"): computes in float after operator 0 (DEQUANTIZE")
    }
}
