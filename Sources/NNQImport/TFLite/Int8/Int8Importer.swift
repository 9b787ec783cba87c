// SPDX-License-Identifier: Apache-2.0
// A quantized TFLite model as an int8 program, operator by operator.

import NNQFormat

/// Translates operators in the file's order. Each becomes one op or a few, whose last has the operator's bits.
struct Int8Importer {
    let model: TFLiteModel
    var budget: ConstantBudget
    var program = Program(tensors: [], inputCount: 0, operations: [], outputs: [])
    /// By TFLite tensor: the program's tensor that holds its values.
    var placeOf: [Int: Int] = [:]
    /// By TFLite tensor: the first operator that reads it.
    let readerOf: [Int: TFLiteOperator]

    private init(_ model: TFLiteModel) {
        self.model = model
        budget = ConstantBudget(model)
        var readers: [Int: TFLiteOperator] = [:]
        for operation in model.operators {
            for input in operation.inputs where readers[input] == nil { readers[input] = operation }
        }
        readerOf = readers
    }

    static func program(of model: TFLiteModel) throws -> Program {
        var importer = Int8Importer(model)
        try importer.appendInputs()
        try importer.appendStates()
        for operation in model.operators { try importer.translate(operation) }
        try importer.nameOutputs()
        return importer.program
    }

    private mutating func translate(_ operation: TFLiteOperator) throws {
        let kind = try model.kind(of: operation)
        switch kind {
        case .conv2D: try translateConvolution(operation)
        case .depthwiseConv2D: try translateDepthwiseConvolution(operation)
        case .fullyConnected: try translateFullyConnected(operation)
        case .averagePool2D: try translateAveragePool(operation)
        case .maxPool2D: try translateMaxPool(operation)
        case .reshape, .squeeze, .expandDims: try translateReshape(operation)
        case .pad, .padV2: try translatePad(operation)
        case .concatenation: try translateConcatenation(operation)
        case .quantize: try translateQuantize(operation)
        case .dequantize: try translateDequantize(operation)
        case .logistic, .tanh, .leakyReLU, .hardSwish, .relu, .relu6: try translateFunction(operation, kind)
        default: try translateArithmetic(operation, kind)
        }
    }

    private mutating func translateArithmetic(_ operation: TFLiteOperator, _ kind: TFLiteKind) throws {
        switch kind {
        case .add: try translateAdd(operation)
        case .sub: try translateSubtract(operation)
        case .mul: try translateMultiply(operation)
        case .minimum: try translateExtremum(operation, .minimum)
        case .maximum: try translateExtremum(operation, .maximum)
        case .prelu: try translatePReLU(operation)
        case .softmax: try translateSoftmax(operation)
        case .l2Normalization: try translateNormalization(operation)
        case .slice, .stridedSlice: try translateSlice(operation, kind)
        case .split, .splitV: try translateSplit(operation, kind)
        case .transpose: try translateTranspose(operation)
        case .resizeBilinear, .resizeNearestNeighbor: try translateResize(operation, kind)
        case .gather: try translateGather(operation)
        case .embeddingLookup: try translateLookup(operation, indices: 0, table: 1)
        case .transposeConv: try translateTransposedConvolution(operation)
        case .batchMatMul: try translateMatrixProduct(operation)
        case .argMax: try translateArgMax(operation, smallest: false)
        case .unidirectionalSequenceLSTM: try translateLSTM(operation)
        case .svdf: try translateSVDF(operation)
        case .argMin: try translateArgMax(operation, smallest: true)
        case .mean, .sum, .reduceMax, .reduceMin: try translateReduction(operation, kind)
        default:
            throw model.failure(operation, "this operator cannot be imported with int8 activations: keep it in float")
        }
    }

    /// The program's inputs: int8 ones themselves, float ones as their QUANTIZE gives them.
    private mutating func appendInputs() throws {
        for input in model.inputs {
            guard let reader = readerOf[input] else {
                throw ImportError("no operator reads \(model.describe(tensor: input)), an input: export the model "
                    + "again")
            }
            var tensor = input
            if model.tensors[input].type == .float32 {
                guard reader.code == TFLiteKind.quantize.rawValue, let output = reader.outputs.first else {
                    throw model.failure(
                        reader, "reads the float input \"\(model.tensors[input].name)\", and only QUANTIZE can: "
                            + "quantize the whole model to int8")
                }
                tensor = output
            }
            try appendTensor(tensor, of: reader)
            placeOf[tensor] = program.tensors.count - 1
            placeOf[input] = program.tensors.count - 1
            program.inputCount += 1
        }
    }

    private mutating func nameOutputs() throws {
        for output in model.outputs {
            guard let place = placeOf[output] else {
                throw ImportError(
                    "\(model.describe(tensor: output)), an output of the model, is a constant: export the model "
                        + "without it")
            }
            program.outputs.append(place)
        }
    }
}
