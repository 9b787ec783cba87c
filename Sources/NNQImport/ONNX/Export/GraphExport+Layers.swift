// SPDX-License-Identifier: Apache-2.0
// Each layer as ONNX's operators.

import NNQGraph

extension GraphExport {
    /// Appends a layer's operators.
    mutating func layer(_ index: Int) throws {
        let node = model.graph.nodes[index]
        switch node.layer {
        case .input(let shape):
            let isIndex = isIndex(index)
            let order: Exported.Order = shape.isMap && !isIndex ? .channelsFirst : .plain
            let tensor = Exported(name: node.name, shape: shape, order: order)
            declareInput(tensor, isIndex ? .int64 : .float)
            define(index, tensor)
        case .constant: constant(index)
        case .dense(let units, _): dense(index, units)
        case .conv2D(_, let window, let groups, _): convolution(index, window, groups: groups)
        case .depthwiseConv2D(_, let window, _):
            convolution(index, window, groups: shapes[node.inputs[0]].channels)
        case .transposedConv2D(_, let window, let outputPadding, let groups, _):
            transposedConvolution(index, window, outputPadding, groups: groups)
        case .maxPool(let window): pool(index, "MaxPool", window)
        case .averagePool(let window): pool(index, "AveragePool", window)
        case .globalAveragePool: globalPool(index, "GlobalAveragePool")
        case .globalMaxPool: globalPool(index, "GlobalMaxPool")
        case .batchNorm(let epsilon, _): batchNorm(index, epsilon)
        case .activation(let function):
            let input = tensor(node.inputs[0])
            activation(function, input.name, output: node.name)
            define(index, Exported(name: node.name, shape: shapes[index], order: input.order))
        case .prelu: prelu(index)
        case .softmax:
            let input = ordered(node.inputs[0])
            result(index, "Softmax", [input], [.integer("axis", axis(-1, of: input))])
        case .l2Normalize: l2Normalize(index)
        case .add: combine(index, "Add")
        case .binary(let function): combine(index, function.operation)
        case .matmul(let transposesA, let transposesB): product(index, transposesA, transposesB)
        case .concat(let axis): concat(index, axis ?? -1)
        case .flatten: flatten(index)
        case .reshape(let shape): reshape(index, shape)
        case .dropout: define(index, tensor(node.inputs[0]))
        case .pad(let margins): pad(index, margins)
        case .slice(let begin, let size, let step): slice(index, begin, size, step)
        case .transpose(let permutation):
            let input = plain(node.inputs[0])
            result(index, "Transpose", [input], [.integers("perm", [0] + permutation.map { $0 + 1 })])
        case .resize(let size, let interpolation, let coordinates): resize(index, size, interpolation, coordinates)
        case .reduce(let reduction, let axes, let keepsExtents): reduce(index, reduction, axes, keepsExtents)
        case .argMax: argMax(index)
        case .embedding: embedding(index)
        case .lstm(let units): recurrence(index, "LSTM", units, gates: [0, 3, 1, 2], [])
        case .gru(let units, let resetAfter):
            recurrence(
                index, "GRU", units, gates: [0, 1, 2], [.integer("linear_before_reset", resetAfter ? 1 : 0)])
        }
    }

    /// Appends a layer's last operator, whose output has the layer's name and its first input's order.
    mutating func result(
        _ index: Int, _ operation: String, _ inputs: [Exported], _ attributes: [Attribute] = [],
        constants: [String] = [], order: Exported.Order? = nil
    ) {
        let name = model.graph.nodes[index].name
        append(operation, inputs.map(\.name) + constants, attributes, output: name)
        define(index, Exported(name: name, shape: shapes[index], order: order ?? inputs[0].order))
    }

    /// An input whose axes are apart: a map as it is, and nothing flattened.
    mutating func ordered(_ index: Int) -> Exported {
        if case .flattened = tensor(index).order { return plain(index) }
        return tensor(index)
    }

    private mutating func constant(_ index: Int) {
        let name = model.graph.nodes[index].name
        let value = parameter(index, "value")!
        let tensor = initializer("\(name).value", [1] + value.shape, value.values)
        define(index, Exported(name: tensor, shape: shapes[index], order: .plain))
    }

    private mutating func dense(_ index: Int, _ units: Int) {
        let node = model.graph.nodes[index]
        let input = tensor(node.inputs[0])
        let weight = parameter(index, "weight")!
        var values = weight.values
        let map: Shape? =
            switch input.order {
            case .plain: nil
            case .channelsFirst: input.shape
            case .flattened(let map): map
            }
        if let map {
            values =
                Constant([units, map.height, map.width, map.channels], floats: values)
                .transposed([0, 3, 1, 2]).floats
        }
        var name = input.name
        if input.onnxExtents.count > 1 {
            name = append("Flatten", [name], [.integer("axis", 1)], output: fresh("\(node.name).flat"))
        }
        var inputs = [name, initializer("\(node.name).weight", [units, weight.count / units], values)]
        if let bias = parameter(index, "bias") { inputs.append(initializer("\(node.name).bias", [units], bias.values)) }
        append("Gemm", inputs, [.integer("transB", 1)], output: node.name)
        define(index, Exported(name: node.name, shape: shapes[index], order: .plain))
    }

    private mutating func batchNorm(_ index: Int, _ epsilon: Float) {
        let node = model.graph.nodes[index]
        var input = tensor(node.inputs[0])
        if input.order == .plain, input.shape.isMap { input = channelsFirst(node.inputs[0]) }
        if case .flattened = input.order { input = plain(node.inputs[0]) }
        let names = ["weight", "bias", "running_mean", "running_var"]
        let values = names.map { parameter(index, $0)! }
        if input.order == .channelsFirst || input.shape.rank == 1 {
            let constants = zip(names, values).map { initializer("\(node.name).\($0)", $1.shape, $1.values) }
            return result(index, "BatchNormalization", [input], [.float("epsilon", epsilon)], constants: constants)
        }
        // ONNX's channels are axis 1; elsewhere, the norm is a product and a sum.
        let scale = zip(values[0].values, values[3].values).map { $0 / ($1 + epsilon).squareRoot() }
        let shift = zip(values[1].values, zip(values[2].values, scale)).map { $0 - $1.0 * $1.1 }
        let product = append(
            "Mul", [input.name, initializer("\(node.name).scale", [scale.count], scale)],
            output: fresh("\(node.name).scaled"))
        let scaled = Exported(name: product, shape: input.shape, order: .plain)
        result(index, "Add", [scaled], constants: [initializer("\(node.name).shift", [shift.count], shift)])
    }

    private mutating func prelu(_ index: Int) {
        let node = model.graph.nodes[index]
        let input = ordered(node.inputs[0])
        let slope = parameter(index, "slope")!
        let extents = input.order == .channelsFirst ? [slope.count, 1, 1] : [slope.count]
        result(index, "PRelu", [input], constants: [initializer("\(node.name).slope", extents, slope.values)])
    }

    private mutating func l2Normalize(_ index: Int) {
        let node = model.graph.nodes[index]
        let input = ordered(node.inputs[0])
        let axes = initializer("\(node.name).axes", [axis(-1, of: input)])
        let length = append(
            "ReduceL2", [input.name, axes], [.integer("keepdims", 1)], output: fresh("\(node.name).length"))
        let least = append(
            "Max", [length, initializer("\(node.name).least", [], [1e-6])], output: fresh("\(node.name).divisor"))
        result(index, "Div", [input], constants: [least])
    }

    private mutating func flatten(_ index: Int) {
        let input = tensor(model.graph.nodes[index].inputs[0])
        if input.order == .channelsFirst {
            return define(index, Exported(name: input.name, shape: shapes[index], order: .flattened(input.shape)))
        }
        if case .flattened = input.order {
            return define(index, Exported(name: input.name, shape: shapes[index], order: input.order))
        }
        result(index, "Flatten", [input], [.integer("axis", 1)], order: .plain)
    }

    private mutating func reshape(_ index: Int, _ shape: Shape) {
        let node = model.graph.nodes[index]
        if shape.rank == 1 { return flatten(index) }
        let input = plain(node.inputs[0])
        let target = initializer("\(node.name).shape", [0] + shape.dimensions)
        result(index, "Reshape", [input], constants: [target], order: .plain)
    }
}

extension BinaryFunction {
    fileprivate var operation: String {
        switch self {
        case .subtract: "Sub"
        case .multiply: "Mul"
        case .divide: "Div"
        case .minimum: "Min"
        case .maximum: "Max"
        }
    }
}
