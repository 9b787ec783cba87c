// SPDX-License-Identifier: Apache-2.0
// The walk over the float graph that builds the int8 program; each op's own lowering is in Lowering+<Op>.swift.

import CNNQ
import NNQArithmetic
import NNQFormat
import NNQGraph

/// What had to be done differently for a layer than asked for.
public struct Adjustment: Hashable, Codable, Sendable, CustomStringConvertible {
    public var layer: String
    public var detail: String

    public var description: String { "layer '\(layer)': \(detail)" }
}

/// A layer of weights in integers.
struct LoweredLinear {
    /// Node of the graph.
    let node: Int
    /// As the float filter: one row an output channel.
    let filter: [Int8]
    /// By output channel: the real value of one step of its weights.
    let scales: [Double]
}

/// An int8 program in the making.
struct Lowering {
    let model: Model
    let fusion: ActivationFusion
    let ranges: OutputRanges
    let shapes: [Shape]
    /// By node name: the scale of each output channel's weights, where the model came with them.
    let weightScales: [String: [Float]]
    /// By node name: the largest weight in integers, where it is not 127.
    let weightSteps: [String: Int]
    private(set) var program = Program(tensors: [], inputCount: 0, operations: [], outputs: [])
    /// By tensor: the float node whose values it holds.
    private(set) var nodeOfTensor: [String?] = []
    private(set) var adjustments: [Adjustment] = []
    /// By op of the program.
    private(set) var linears: [Int: LoweredLinear] = [:]
    /// By node: its tensor.
    private(set) var tensorOf: [Int: Int] = [:]
    /// By tensor: the one of the other width with its values.
    private(set) var converted: [Int: Int] = [:]

    var graph: Graph { model.graph }
    var widths: LayerWidths { ranges.widths }

    init(
        _ model: Model, _ fusion: ActivationFusion, _ ranges: OutputRanges, weightScales: [String: [Float]] = [:],
        steps: [String: Int] = [:]
    ) throws {
        self.model = model
        weightSteps = steps
        self.weightScales = weightScales
        self.fusion = fusion
        self.ranges = ranges
        shapes = try model.graph.shapes()
        for index in graph.inputs { try lowerInput(index) }
        program.inputCount = program.tensors.count
        for index in graph.nodes.indices where !fusion.fused.contains(index) {
            try convertInputs(of: index)
            if widths[index] == .int16 {
                try lowerInt16(index)
            } else {
                try lower(index)
                try requantize(index)
            }
        }
        guard !program.operations.isEmpty else {
            throw QuantizeError("the model has no layer that computes anything: there is nothing to run")
        }
        program.outputs = graph.outputs.map { tensorOf[$0]! }
        program.info = ProgramInfo(model.metadata, tensors: program.tensors.map(\.name))
    }

    private mutating func lower(_ index: Int) throws {
        switch graph.nodes[index].layer {
        case .input: break
        case .dense: try lowerDense(index)
        case .conv2D(_, let window, let groups, _): try lowerConvolution(index, window, groups: groups)
        case .depthwiseConv2D(let multiplier, let window, _): try lowerDepthwise(index, window, multiplier: multiplier)
        case .maxPool(let window): try lowerMaxPool(index, window)
        case .averagePool(let window): try lowerAveragePool(index, window)
        case .globalAveragePool:
            let input = shapes[graph.nodes[index].inputs[0]]
            try lowerAveragePool(index, Window(kernel: Pair(input.height, input.width)))
        case .activation(let function): try lowerActivation(index, function)
        case .globalMaxPool:
            let input = shapes[graph.nodes[index].inputs[0]]
            try lowerMaxPool(index, Window(kernel: Pair(input.height, input.width)))
        case .softmax: try lowerSoftmax(index)
        case .l2Normalize: try lowerL2Normalize(index)
        case .constant: try lowerConstant(index)
        case .add: try lowerSum(index, signs: [1, 1])
        case .binary(let function): try lowerBinary(index, function)
        case .prelu: try lowerPrelu(index)
        case .reduce(let reduction, let axes, _): try lowerReduce(index, reduction, axes: axes)
        case .concat(let axis): try lowerConcat(index, axis: axis)
        case .flatten, .reshape: try lowerReshape(index)
        case .pad(let margins): try lowerPad(index, margins)
        case .dropout: alias(index)
        case .lstm(let units): try lowerLSTM(index, units: units)
        case .gru(let units, let resetAfter): try lowerGRU(index, units: units, resetAfter: resetAfter)
        case .batchNorm: preconditionFailure("batch norms became other layers before lowering")
        case .transposedConv2D(_, let window, let outputPadding, let groups, _):
            try lowerTransposedConvolution(index, window, outputPadding, groups: groups)
        case .matmul(let transposesA, let transposesB):
            try lowerMatmul(index, transposesA: transposesA, transposesB: transposesB)
        case .slice(let begin, let size, let step): try lowerSlice(index, begin: begin, size: size, step: step)
        case .transpose(let permutation): try lowerTranspose(index, permutation)
        case .resize(let size, let interpolation, let coordinates):
            try lowerResize(index, size, interpolation, coordinates)
        case .argMax: try lowerArgMax(index)
        case .embedding(let count, _): try lowerEmbedding(index, count: count)
        }
    }

    /// Gives a node's values the quantization that the model came with, where its op has one of its own.
    private mutating func requantize(_ index: Int) throws {
        guard let wanted = ranges.given(fusion.result(of: index)), let tensor = tensorOf[fusion.result(of: index)],
            program.tensors[tensor].quantization != wanted
        else { return }
        let own = program.tensors[tensor].quantization
        let identity = Tables.values(of: .leakyReLU(slope: 1), input: own, output: wanted)
        program.operations.append(ProgramOperation(.table(identity), inputs: [tensor]))
        let name = "\(graph.nodes[index].name).requantized"
        try appendTensor(index, named: name, wanted, extents: MapExtents(program.tensors[tensor]))
        record(index)
    }

    /// The model's inputs come first among the tensors.
    private mutating func lowerInput(_ index: Int) throws {
        let (quantization, type) =
            graph.indexInput(index)
            ?? model.metadata.exactInput(graph, index).map { ($0, .int8) }
            ?? (ranges.quantization(index), widths[index])
        try appendTensor(index, named: graph.nodes[index].name, quantization, type: type)
        record(index)
    }

    /// The tensors that a node reads.
    func inputs(_ index: Int) -> [Int] { graph.nodes[index].inputs.indices.map { input(index, $0) } }

    /// The tensor of one of a node's inputs, of the node's width.
    func input(_ index: Int, _ position: Int) -> Int {
        let tensor = tensorOf[graph.nodes[index].inputs[position]]!
        return program.tensors[tensor].type == widths[index] ? tensor : converted[tensor] ?? tensor
    }

    /// How the only input of a node is quantized.
    func inputQuantization(_ index: Int) -> Quantization { program.tensors[inputs(index)[0]].quantization }

    /// The quantization that calibration gives to a node's op.
    func calibratedOutput(_ index: Int) -> Quantization { ranges.quantization(fusion.result(of: index)) }

    /// Output limits of a node's op: those of its fused activation, or all of int8.
    func limits(_ index: Int, _ output: Quantization) -> (min: Int32, max: Int32) {
        guard let fused = fusion.activation[index], case .activation(let function) = graph.nodes[fused].layer,
            let limits = function.limits(output)
        else { return (-128, 127) }
        return (Int32(limits.lowerBound), Int32(limits.upperBound))
    }

    /// Appends a node's op, which computes the node's result.
    /// - Parameter inputs: the tensors that it reads; nil for those of the node's inputs.
    mutating func append(
        _ operation: Operation, for index: Int, inputs: [Int]? = nil, _ output: Quantization, type: ElementType = .int8
    ) throws {
        try appendOperation(operation, of: index, inputs: inputs ?? self.inputs(index))
        try appendTensor(index, named: graph.nodes[index].name, output, type: type)
        record(index)
    }

    /// Appends an op that computes a step towards a node's result.
    /// - Returns: the tensor that it writes.
    mutating func appendPart(
        _ operation: Operation, of index: Int, inputs: [Int], extents: MapExtents, part: Int, _ output: Quantization,
        type: ElementType = .int8
    ) throws -> Int {
        try appendOperation(operation, of: index, inputs: inputs)
        try appendTensor(index, named: "\(graph.nodes[index].name).part\(part)", output, extents: extents, type: type)
        return program.tensors.count - 1
    }

    /// Appends the op that gives a tensor's values another width.
    mutating func appendConversion(
        _ operation: Operation, of index: Int, _ tensor: Int, _ output: Quantization, _ type: ElementType
    ) throws {
        try appendOperation(operation, of: index, inputs: [tensor])
        let input = program.tensors[tensor]
        let name = "\(input.name).\(type == .int16 ? "int16" : "int8")"
        try appendTensor(index, named: name, output, extents: MapExtents(input), type: type)
        converted[tensor] = program.tensors.count - 1
    }

    private mutating func appendOperation(_ operation: Operation, of index: Int, inputs: [Int]) throws {
        let isGather = operation.opcode == .NNQ_OP_GATHER
        if let wide = inputs.first(where: { program.tensors[$0].type == .int32 }), !isGather {
            throw QuantizeError.at(
                graph.nodes[index],
                "it reads the whole numbers of '\(program.tensors[wide].name)', and only an embedding can: "
                    + "make them an output of the model instead")
        }
        program.operations.append(ProgramOperation(operation, inputs: inputs))
    }

    /// A node whose value is its input's.
    mutating func alias(_ index: Int) { tensorOf[index] = inputs(index)[0] }

    /// Notes the layer of weights that the next op computes.
    mutating func note(_ index: Int, _ linear: QuantizedLinear) {
        linears[program.operations.count] = LoweredLinear(node: index, filter: linear.filter, scales: linear.scales)
    }

    mutating func note(_ index: Int, _ detail: String) {
        adjustments.append(Adjustment(layer: graph.nodes[index].name, detail: detail))
    }

    private mutating func record(_ index: Int) {
        let result = fusion.result(of: index)
        tensorOf[result] = program.tensors.count - 1
        nodeOfTensor[program.tensors.count - 1] = graph.nodes[result].name
    }

    private mutating func appendTensor(
        _ index: Int, named name: String, _ quantization: Quantization, extents: MapExtents? = nil,
        type: ElementType = .int8
    ) throws {
        let extents = extents ?? MapExtents(shapes[index])
        guard max(extents.height, extents.width, extents.channels) <= 65535 else {
            throw QuantizeError.at(
                graph.nodes[index],
                "its output is \(extents.height) x \(extents.width) x \(extents.channels); "
                    + "an int8 tensor has at most 65535 elements in a direction: use fewer units, or reshape to a map")
        }
        program.tensors.append(
            ProgramTensor(
                name: name, height: extents.height, width: extents.width, channels: extents.channels,
                quantization: quantization, type: type))
        nodeOfTensor.append(nil)
    }
}

extension ProgramInfo {
    /// What a program's users need to know of the model that it was made from.
    init(_ metadata: Metadata, tensors: [String]) {
        self.init(
            tensors: tensors, classes: metadata.classes.isEmpty ? nil : metadata.classes, task: metadata.task.rawValue,
            normalization: Normalization(mean: metadata.normalization.mean, std: metadata.normalization.std),
            byteInput: metadata.hasByteInput)
    }
}
