// SPDX-License-Identifier: Apache-2.0
// A TFLite model with float activations as a float graph, operator by operator.

import NNQGraph

/// Translates operators in the file's order. A node has the name of the tensor that it computes, without its fused
/// activation, which is a node of its own.
struct FloatImporter {
    let model: TFLiteModel
    var budget: ConstantBudget
    var graph = Graph()
    var parameters: [String: Tensor] = [:]
    /// By TFLite tensor: the node that computes it.
    var nodeOf: [Int: Int] = [:]
    /// By output of a DEQUANTIZE: the constant that it reads.
    var storedAs: [Int: Int] = [:]
    private var names: Set<String> = []
    /// By name that occurs again: the number that its next bearer tries first.
    private var numbers: [String: Int] = [:]

    static func model(of model: TFLiteModel) throws -> Model {
        var importer = FloatImporter(model: model, budget: ConstantBudget(model))
        try importer.appendInputs()
        for operation in model.operators { try importer.translate(operation) }
        return try importer.finish()
    }

    private init(model: TFLiteModel, budget: ConstantBudget) {
        self.model = model
        self.budget = budget
    }

    private mutating func translate(_ operation: TFLiteOperator) throws {
        let kind = try model.kind(of: operation)
        switch kind {
        case .conv2D: try translateConvolution(operation)
        case .depthwiseConv2D: try translateDepthwiseConvolution(operation)
        case .fullyConnected: try translateFullyConnected(operation)
        case .transposeConv: try translateTransposedConvolution(operation)
        case .batchMatMul: try translateMatrixProduct(operation)
        case .embeddingLookup, .gather: try translateEmbedding(operation, kind)
        case .unidirectionalSequenceLSTM: try translateLSTM(operation)
        case .averagePool2D, .maxPool2D: try translatePool(operation, kind)
        case .reshape, .squeeze, .expandDims: try translateReshape(operation)
        case .pad, .padV2: try translatePad(operation)
        case .concatenation: try translateConcatenation(operation)
        case .transpose: try translateTranspose(operation)
        case .slice, .stridedSlice: try translateSlice(operation, kind)
        case .split, .splitV: try translateSplit(operation, kind)
        case .resizeBilinear, .resizeNearestNeighbor: try translateResize(operation, kind)
        case .add, .sub, .mul, .div, .minimum, .maximum: try translatePair(operation, kind)
        case .prelu: try translatePReLU(operation)
        case .softmax: try translateSoftmax(operation)
        case .l2Normalization: try translateNormalization(operation)
        case .mean, .sum, .reduceMax, .reduceMin: try translateReduction(operation, kind)
        case .argMax: try translateArgMax(operation)
        case .logistic, .tanh, .relu, .relu6, .leakyReLU, .hardSwish, .elu, .exp, .sqrt, .abs, .neg:
            try translateFunction(operation, kind)
        case .dequantize: try noteStorage(operation)
        case .quantize:
            throw model.failure(operation, "quantizes only part of the model: quantize the whole model, or none of it")
        case .svdf, .argMin:
            throw model.failure(operation, "this operator cannot be imported in float: quantize the model to int8")
        }
    }

    private mutating func appendInputs() throws {
        for input in model.inputs {
            let tensor = model.tensors[input]
            guard tensor.type == .float32 || tensor.type == .int32 else {
                throw ImportError(
                    "\(model.describe(tensor: input)), an input, is \(tensor.type): convert the model with float input")
            }
            guard tensor.shape.count < 2 || tensor.hasBatch else {
                throw ImportError(
                    "\(model.describe(tensor: input)), an input, is a batch of \(tensor.shape[0]): convert the model "
                        + "with a batch of 1")
            }
            nodeOf[input] = graph.append(.input(Shape(tensor.sample)), inputs: [], name: unique(tensor.name))
        }
    }

    /// Appends the layer that gives an output of the operator, its only one unless it is named.
    /// - Parameter values: of the layer's parameters, by their short names.
    mutating func append(
        _ layer: Layer, inputs: [Int], _ values: [String: Tensor] = [:], activation: TFLiteActivation = .none,
        to output: Int? = nil, of operation: TFLiteOperator
    ) throws {
        let output = try output ?? self.output(operation)
        let name = unique(model.tensors[output].name)
        var node = graph.append(layer, inputs: inputs, name: name)
        for (parameter, value) in values { parameters["\(name).\(parameter)"] = value }
        if let function = try function(operation, activation) {
            node = graph.append(.activation(function), inputs: [node], name: unique("\(name)/\(function.keyword)"))
        }
        nodeOf[output] = node
    }

    /// Appends a layer that computes a step towards the operator's output.
    mutating func appendPart(
        _ layer: Layer, inputs: [Int], _ values: [String: Tensor] = [:], of operation: TFLiteOperator
    ) throws -> Int {
        try appendPart(layer, inputs: inputs, values, to: output(operation))
    }

    /// The same of an operator with several outputs.
    mutating func appendPart(
        _ layer: Layer, inputs: [Int], _ values: [String: Tensor] = [:], to output: Int
    ) throws -> Int {
        let name = unique("\(model.tensors[output].name)/\(layer.keyword)")
        for (parameter, value) in values { parameters["\(name).\(parameter)"] = value }
        return graph.append(layer, inputs: inputs, name: name)
    }

    private func function(_ operation: TFLiteOperator, _ activation: TFLiteActivation) throws -> Activation? {
        switch activation {
        case .none: return nil
        case .relu: return .relu
        case .relu6: return .relu6
        case .tanh: return .tanh
        case .reluN1To1, .signBit:
            throw model.failure(operation, "has the activation \(activation) fused: train it with relu or relu6")
        }
    }

    mutating func unique(_ name: String) -> String {
        let stem = name.isEmpty ? "tensor" : name
        var candidate = stem
        while !names.insert(candidate).inserted {
            let number = numbers[stem, default: 2]
            numbers[stem] = number + 1
            candidate = "\(stem)_\(number)"
        }
        return candidate
    }

    /// The graph with the shapes that the file says.
    private mutating func finish() throws -> Model {
        graph.outputs = try model.outputs.map { output in
            guard let node = nodeOf[output] else {
                throw ImportError(
                    "\(model.describe(tensor: output)), an output of the model, is a constant: export the model "
                        + "without it")
            }
            return node
        }
        do {
            let shapes = try graph.shapes()
            for (tensor, node) in nodeOf where shapes[node].dimensions != model.tensors[tensor].sample {
                throw ImportError(
                    "\(model.describe(tensor: tensor)) is \(model.tensors[tensor].shape.shapeText), and its operator "
                        + "gives \(shapes[node]): export the model again")
            }
            return try Model(graph: graph, parameters: parameters)
        } catch let error as GraphError {
            throw ImportError(error.description)
        }
    }
}
