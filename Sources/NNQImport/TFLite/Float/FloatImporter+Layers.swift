// SPDX-License-Identifier: Apache-2.0
// Pools, activations and operators that move values, as float layers.

import NNQGraph

extension FloatImporter {
    mutating func translatePool(_ operation: TFLiteOperator, _ kind: TFLiteKind) throws {
        let node = try input(operation, 0)
        let window = try model.poolWindow(operation)
        _ = try model.margins(
            operation, window, input: tensor(operation, 0), output: model.tensors[output(operation)])
        let layer = kind == .maxPool2D ? Layer.maxPool(window.window) : .averagePool(window.window)
        try append(layer, inputs: [node], activation: window.activation, of: operation)
    }

    mutating func translateReshape(_ operation: TFLiteOperator) throws {
        let shape = Shape(model.tensors[try output(operation)].sample)
        guard try tensor(operation, 0).count == shape.count else {
            throw model.failure(operation, "makes \(shape) of \(try tensor(operation, 0).shape.shapeText): export it again")
        }
        try append(.reshape(shape), inputs: [try input(operation, 0)], of: operation)
    }

    mutating func translatePad(_ operation: TFLiteOperator) throws {
        let (node, source) = (try input(operation, 0), try tensor(operation, 0))
        guard model.optionalInput(operation, 2) == nil else {
            throw model.failure(operation, "pads with a value, and only zeros can be imported: use PAD")
        }
        let margins = try model.margins(operation, budget: &budget)
        guard source.hasBatch, source.shape.count == 4, margins.count == 4, margins[0] == (0, 0), margins[3] == (0, 0)
        else {
            throw model.failure(operation, "pads more than rows and columns of a map: reshape before it")
        }
        let layer = Layer.pad(
            Margins(top: margins[1].0, bottom: margins[1].1, left: margins[2].0, right: margins[2].1))
        try append(layer, inputs: [node], of: operation)
    }

    mutating func translateConcatenation(_ operation: TFLiteOperator) throws {
        let nodes = try operation.inputs.indices.map { try input(operation, $0) }
        let options = try model.options(operation, type: 10)
        let number: Int32 = try options?.integer(0, "the axis") ?? 0
        let result = model.tensors[try output(operation)]
        guard result.mapAxis(Int(number)) == 2 else {
            throw model.failure(operation, "joins along axis \(number), and only channels can be: transpose before it")
        }
        let activation = try model.activation(operation, options, slot: 1)
        if nodes.count == 1 {
            return try append(.reshape(Shape(result.sample)), inputs: nodes, activation: activation, of: operation)
        }
        try append(.concat, inputs: nodes, activation: activation, of: operation)
    }

    mutating func translateAdd(_ operation: TFLiteOperator) throws {
        let options = try model.options(operation, type: 11)
        let nodes = [try input(operation, 0), try input(operation, 1)]
        try append(.add, inputs: nodes, activation: try model.activation(operation, options, slot: 0), of: operation)
    }

    mutating func translateSoftmax(_ operation: TFLiteOperator) throws {
        let beta = try model.options(operation, type: 9)?.float(0, "beta") ?? 0
        guard beta == 1 else {
            throw model.failure(operation, "its beta is \(beta), and only 1 can be imported: scale its input")
        }
        try append(.softmax, inputs: [try input(operation, 0)], of: operation)
    }

    mutating func translateFunction(_ operation: TFLiteOperator, _ kind: TFLiteKind) throws {
        try append(.activation(try function(operation, kind)), inputs: [try input(operation, 0)], of: operation)
    }

    private func function(_ operation: TFLiteOperator, _ kind: TFLiteKind) throws -> Activation {
        switch kind {
        case .logistic: return .sigmoid
        case .tanh: return .tanh
        case .relu6: return .relu6
        case .leakyReLU:
            let slope = try model.options(operation, type: 75)?.float(0, "alpha") ?? 0
            guard slope.isFinite else { throw model.failure(operation, "its slope is no number: export it again") }
            return .leakyReLU(slope: slope)
        default: return .relu
        }
    }
}
