// SPDX-License-Identifier: Apache-2.0
// Functions of one element and of two, reductions and normalizations, as float layers.

import NNQGraph

extension FloatImporter {
    mutating func translateFunction(_ operation: TFLiteOperator, _ kind: TFLiteKind) throws {
        try append(.activation(try function(operation, kind)), inputs: [try input(operation, 0)], of: operation)
    }

    private func function(_ operation: TFLiteOperator, _ kind: TFLiteKind) throws -> Activation {
        switch kind {
        case .logistic: return .sigmoid
        case .tanh: return .tanh
        case .relu6: return .relu6
        case .hardSwish: return .hardSwish
        case .elu: return .elu(alpha: 1)
        case .exp: return .exp
        case .sqrt: return .sqrt
        case .abs: return .abs
        case .neg: return .negate
        case .leakyReLU:
            let slope = try model.options(operation, type: 75)?.float(0, "alpha") ?? 0
            guard slope.isFinite else { throw model.failure(operation, "its slope is no number: export it again") }
            return .leakyReLU(slope: slope)
        default: return .relu
        }
    }

    /// ADD, SUB, MUL, DIV, MINIMUM, MAXIMUM; operands may be constants and repeat along extents of 1.
    mutating func translatePair(_ operation: TFLiteOperator, _ kind: TFLiteKind) throws {
        let nodes = [try operand(operation, 0), try operand(operation, 1)]
        let (layer, options): (Layer, UInt8) =
            switch kind {
            case .sub: (.binary(.subtract), 28)
            case .mul: (.binary(.multiply), 21)
            case .div: (.binary(.divide), 29)
            case .minimum: (.binary(.minimum), 39)
            case .maximum: (.binary(.maximum), 39)
            default: (.add, 11)
            }
        let hasActivation = kind != .minimum && kind != .maximum
        let table = try model.options(operation, type: options)
        let activation = hasActivation ? try model.activation(operation, table, slot: 0) : .none
        try append(layer, inputs: nodes, activation: activation, of: operation)
    }

    mutating func translatePReLU(_ operation: TFLiteOperator) throws {
        let slope = try constant(operation, 1)
        let channels = try tensor(operation, 0).sample.last ?? 1
        guard slope.count == channels, slope.shape.last == channels else {
            throw model.failure(
                operation, "its slopes are \(slope.shape.shapeText), and one for each of \(channels) channels can be "
                    + "imported: share them along the other axes (Keras's shared_axes)")
        }
        try append(
            .prelu, inputs: [try input(operation, 0)], ["slope": Tensor(shape: [channels], values: slope.values)],
            of: operation)
    }

    mutating func translateSoftmax(_ operation: TFLiteOperator) throws {
        let beta = try model.options(operation, type: 9)?.float(0, "beta") ?? 0
        guard beta == 1 else {
            throw model.failure(operation, "its beta is \(beta), and only 1 can be imported: scale its input")
        }
        try append(.softmax, inputs: [try input(operation, 0)], of: operation)
    }

    mutating func translateNormalization(_ operation: TFLiteOperator) throws {
        let activation = try model.activation(operation, model.options(operation, type: 12), slot: 0)
        try append(.l2Normalize, inputs: [try input(operation, 0)], activation: activation, of: operation)
    }

    mutating func translateReduction(_ operation: TFLiteOperator, _ kind: TFLiteKind) throws {
        let source = try tensor(operation, 0)
        let axes = try model.sampleAxes(operation, 1, of: source, budget: &budget)
        let keeps = try model.options(operation, type: 27)?.bool(0, "the keep_dims flag") ?? false
        let reduction: Reduction =
            switch kind {
            case .sum: .sum
            case .reduceMax: .maximum
            case .reduceMin: .minimum
            default: .mean
            }
        let node = try input(operation, 0)
        let result = model.tensors[try output(operation)].sample
        let unique = Array(Set(axes)).sorted()
        guard !unique.isEmpty else { return try append(.reshape(Shape(result)), inputs: [node], of: operation) }
        try append(.reduce(reduction, axes: unique, keepsExtents: keeps), inputs: [node], of: operation)
    }

    mutating func translateArgMax(_ operation: TFLiteOperator) throws {
        let source = try tensor(operation, 0)
        let axes = try model.sampleAxes(operation, 1, of: source, budget: &budget)
        guard axes == [source.sample.count - 1] else {
            throw model.failure(operation, "looks along axis \(axes), and only the channels can be: transpose before it")
        }
        let result = model.tensors[try output(operation)].sample
        let node = try input(operation, 0)
        let largest = Array(source.sample.dropLast()) + [1]
        if largest == result { return try append(.argMax, inputs: [node], of: operation) }
        let place = try appendPart(.argMax, inputs: [node], of: operation)
        try append(.reshape(Shape(result)), inputs: [place], of: operation)
    }
}
