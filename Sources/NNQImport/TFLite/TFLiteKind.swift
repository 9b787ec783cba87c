// SPDX-License-Identifier: Apache-2.0
// The operators that can be imported, by their numbers in TensorFlow Lite's schema.

enum TFLiteKind: Int {
    case add = 0
    case averagePool2D = 1
    case concatenation = 2
    case conv2D = 3
    case depthwiseConv2D = 4
    case dequantize = 6
    case fullyConnected = 9
    case logistic = 14
    case maxPool2D = 17
    case relu = 19
    case relu6 = 21
    case reshape = 22
    case softmax = 25
    case tanh = 28
    case pad = 34
    case squeeze = 43
    case padV2 = 60
    case expandDims = 70
    case leakyReLU = 98
    case quantize = 114
    case hardSwish = 117
}
