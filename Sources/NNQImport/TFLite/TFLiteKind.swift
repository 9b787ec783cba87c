// SPDX-License-Identifier: Apache-2.0
// The operators that can be imported, by their numbers in TensorFlow Lite's schema.

enum TFLiteKind: Int {
    case add = 0
    case averagePool2D = 1
    case concatenation = 2
    case conv2D = 3
    case depthwiseConv2D = 4
    case dequantize = 6
    case embeddingLookup = 7
    case fullyConnected = 9
    case l2Normalization = 11
    case logistic = 14
    case maxPool2D = 17
    case mul = 18
    case relu = 19
    case relu6 = 21
    case reshape = 22
    case resizeBilinear = 23
    case softmax = 25
    case svdf = 27
    case tanh = 28
    case pad = 34
    case gather = 36
    case transpose = 39
    case mean = 40
    case sub = 41
    case div = 42
    case squeeze = 43
    case unidirectionalSequenceLSTM = 44
    case stridedSlice = 45
    case exp = 47
    case split = 49
    case prelu = 54
    case maximum = 55
    case argMax = 56
    case minimum = 57
    case neg = 59
    case padV2 = 60
    case slice = 65
    case transposeConv = 67
    case expandDims = 70
    case sum = 74
    case sqrt = 75
    case argMin = 79
    case reduceMax = 82
    case reduceMin = 89
    case resizeNearestNeighbor = 97
    case leakyReLU = 98
    case abs = 101
    case splitV = 102
    case elu = 111
    case quantize = 114
    case hardSwish = 117
    case batchMatMul = 126
}

extension TFLiteModel {
    /// What an operator is.
    /// - Throws: `ImportError` for one that neither importer knows.
    func kind(of operation: TFLiteOperator) throws -> TFLiteKind {
        guard let kind = TFLiteKind(rawValue: operation.code) else {
            throw failure(
                operation, "this operator cannot be imported: rewrite the model without it, or cut it off before it")
        }
        return kind
    }
}
