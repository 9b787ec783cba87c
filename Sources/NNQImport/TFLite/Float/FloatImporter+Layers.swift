// SPDX-License-Identifier: Apache-2.0
// Pools and operators that move values, as float layers.

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
        if model.optionalInput(operation, 2) != nil, try constant(operation, 2).values != [0] {
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
        let nodes = try operation.inputs.indices.map { try operand(operation, $0) }
        let options = try model.options(operation, type: 10)
        let number: Int32 = try options?.integer(0, "the axis") ?? 0
        let result = model.tensors[try output(operation)]
        let axis = (number < 0 ? Int(number) + result.shape.count : Int(number)) - (result.hasBatch ? 1 : 0)
        guard result.sample.indices.contains(axis) else {
            throw model.failure(operation, "joins along axis \(number), the batch or one too many: reshape before it")
        }
        let activation = try model.activation(operation, options, slot: 1)
        if nodes.count == 1 {
            return try append(.reshape(Shape(result.sample)), inputs: nodes, activation: activation, of: operation)
        }
        let isChannels = axis == result.sample.count - 1
        try append(.concat(axis: isChannels ? nil : axis), inputs: nodes, activation: activation, of: operation)
    }

    mutating func translateTranspose(_ operation: TFLiteOperator) throws {
        let permutation = try model.samplePermutation(operation, of: tensor(operation, 0), budget: &budget)
        try append(.transpose(permutation), inputs: [try input(operation, 0)], of: operation)
    }

    mutating func translateResize(_ operation: TFLiteOperator, _ kind: TFLiteKind) throws {
        let isNearest = kind == .resizeNearestNeighbor
        let options = try model.options(operation, type: isNearest ? 74 : 15)
        let isAligned = try options?.bool(isNearest ? 0 : 2, "the align_corners flag") ?? false
        let isHalf = try options?.bool(isNearest ? 1 : 3, "the half_pixel_centers flag") ?? false
        guard !isAligned || !isHalf else {
            throw model.failure(operation, "aligns both corners and centres of pixels: choose one of them")
        }
        let coordinates: Coordinates = isAligned ? .alignCorners : isHalf ? .halfPixel : .asymmetric
        // TensorFlow Lite takes the pixel that a place lies in, or with aligned corners the nearest.
        let rounding: NearestRounding = isAligned || isHalf ? .halfUp : .floor
        let size = try model.map(operation, model.tensors[output(operation)])
        let layer = Layer.resize(Pair(size[0], size[1]), isNearest ? .nearest(rounding) : .bilinear, coordinates)
        try append(layer, inputs: [try input(operation, 0)], of: operation)
    }
}
