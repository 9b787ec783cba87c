// SPDX-License-Identifier: Apache-2.0
// What a file's graph starts from: its inputs with known extents, its constants, its operators in order.

import ONNXProto

/// An ONNX graph ready to be walked.
struct ONNXSource {
    let order: ONNXOrder
    let constants: [String: Constant]
    let inputs: [ONNXInput]
    let outputs: [String]
    /// The first extent that all inputs share, where it is above 1 and may count samples.
    let batch: Int?

    init(_ file: ONNXFile) throws {
        let graph = file.graph
        guard graph.sparseInitializer.isEmpty else {
            throw ImportError("the model has sparse initializers: export it with dense ones")
        }
        guard graph.node.allSatisfy({ node in node.attribute.allSatisfy { !$0.hasG && $0.graphs.isEmpty } }) else {
            let node = graph.node.first { $0.attribute.contains { $0.hasG || !$0.graphs.isEmpty } }!
            throw ImportError(
                "node '\(node.name)' (\(node.opType)): has subgraphs, which nnq does not run: "
                    + "export without control flow"
            )
        }
        var constants: [String: Constant] = [:]
        for tensor in graph.initializer {
            guard constants.updateValue(try Constant(tensor), forKey: tensor.name) == nil else {
                throw ImportError("two initializers are called '\(tensor.name)'")
            }
        }
        var names = Set(constants.keys)
        inputs = try graph.input.filter { constants[$0.name] == nil }.map { input in
            guard names.insert(input.name).inserted else {
                throw ImportError("two inputs are called '\(input.name)'")
            }
            return try ONNXInput(input)
        }
        guard !inputs.isEmpty else { throw ImportError("the graph has no input") }
        guard !graph.output.isEmpty else { throw ImportError("the graph has no output") }
        self.constants = constants
        outputs = graph.output.map(\.name)
        order = try ONNXOrder(graph, opset: file.opset, given: names)
        let first = inputs.first?.extents.first ?? 1
        let mayBeBatch = first > 1 && inputs.allSatisfy { $0.extents.count >= 2 && $0.extents[0] == first }
        batch = mayBeBatch ? first : nil
    }
}

/// An input of the graph.
struct ONNXInput {
    let name: String
    let extents: ONNXExtents
    let isInteger: Bool

    /// A first extent without a number is the batch: 1.
    init(_ input: Onnx_ValueInfoProto) throws {
        name = input.name
        guard case .tensorType(let type)? = input.type.value, type.hasShape else {
            throw ImportError("the input '\(input.name)' is no tensor with a shape")
        }
        let kind = Int(type.elemType)
        guard ONNXElementType.isFloat(kind) || ONNXElementType.isInteger(kind) else {
            throw ImportError("the input '\(input.name)' holds \(ONNXElementType.words(kind)); floats are needed")
        }
        isInteger = !ONNXElementType.isFloat(kind)
        extents = try type.shape.dim.enumerated().map { axis, dimension in
            if case .dimValue(let extent)? = dimension.value, extent > 0 || axis > 0 {
                guard (1...1 << 24).contains(extent) else {
                    throw ImportError("the input '\(input.name)' has an extent of \(extent) at axis \(axis)")
                }
                return Int(extent)
            }
            guard axis == 0 else {
                throw ImportError(
                    "the input '\(input.name)' has no fixed extent at axis \(axis) (dynamic shape): export the model "
                        + "with fixed sizes")
            }
            return 1
        }
        _ = try extents.elementCount()
    }

    /// The order of axes that suits those who read the input; without the batch.
    func memory(batch: Int?, _ nodes: [ONNXNode]) -> [Int] {
        // Four axes that nobody has a wish for are those of a map.
        let usual = extents.count == 4 && !isInteger ? [0, 2, 3, 1] : Array(extents.indices)
        let order = InputOrder(name, rank: extents.count, nodes).order ?? usual
        guard extents.count >= 2, batch != nil || extents[0] == 1 else { return order }
        return order.filter { $0 != 0 }
    }
}

/// The order in which the first operators with a wish want an input's axes.
struct InputOrder {
    let order: [Int]?

    /// Operators that want channels last.
    private static let spatial: Set<String> = [
        "Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "BatchNormalization",
        "Resize", "Upsample", "DepthToSpace", "SpaceToDepth", "InstanceNormalization", "QLinearConv",
    ]
    /// Operators that hand the wish on.
    private static let transparent: Set<String> = Set(Operators.activations.keys).union([
        "Add", "Sub", "Mul", "Div", "Min", "Max", "Sum", "Identity", "Cast", "Dropout", "Pad", "QuantizeLinear",
        "DequantizeLinear", "Clip", "PRelu",
    ])

    init(_ name: String, rank: Int, _ nodes: [ONNXNode]) {
        var axes: [String: [Int]] = [name: Array(0..<rank)]
        for node in nodes {
            guard let input = node.inputs.first(where: { axes[$0] != nil }), let own = axes[input] else { continue }
            if Self.spatial.contains(node.operation), rank >= 3 {
                order = ([0] + Array(2..<rank) + [1]).map { own[$0] }
                return
            }
            guard let output = node.outputs.first else { continue }
            if Self.transparent.contains(node.operation) { axes[output] = own }
            if node.operation == "Transpose", let moved = node.integers("perm"), moved.sorted() == Array(0..<rank) {
                axes[output] = moved.map { own[$0] }
            }
        }
        order = nil
    }
}
