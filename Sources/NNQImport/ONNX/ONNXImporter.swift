// SPDX-License-Identifier: Apache-2.0
// From an ONNX file to nnq's models.

import NNQFormat
import NNQGraph
import NNQQuantize
import ONNXProto

/// Reads ONNX models.
///
/// Tensors are NCHW in ONNX and NHWC here. Transposes and reshapes are followed through the graph and change the order
/// in which weights are stored, so that few or none of them are left as layers; a map at the model's entry is read
/// channels last, and so is one at its end. Models that were quantized (QuantizeLinear and DequantizeLinear around
/// every layer, or QLinear operators) become int8 programs with their scales and nnq's rounding.
public enum ONNXImporter {
    /// - Parameter bytes: the whole file, its weights inside.
    /// - Throws: `ImportError`.
    public static func read(bytes: [UInt8]) throws -> Imported {
        do {
            let imported = try readFloat(bytes: bytes)
            guard !imported.quantizations.isEmpty else { return .float(imported.model) }
            return .int8(
                try Quantizer.lower(
                    imported.model, quantizations: imported.quantizations, weightScales: imported.weightScales))
        } catch let error as ImportError {
            throw ImportError(inOneLine(error.description))
        } catch let error as QuantizeError {
            throw ImportError(inOneLine(error.description))
        } catch let error as GraphError {
            throw ImportError(inOneLine(error.description))
        }
    }

    /// A sentence whose names, which come from the file, cannot break the line.
    private static func inOneLine(_ sentence: String) -> String {
        String(sentence.map { $0.isNewline || $0.unicodeScalars.contains { $0.value < 32 } ? "?" : $0 })
    }

    /// The float model, and how its inputs and outputs lie in ONNX's.
    package static func readFloat(bytes: [UInt8]) throws -> ONNXModel {
        let file = try ONNXFile(bytes: bytes)
        let source = try ONNXSource(file)
        guard let batch = source.batch else { return try ONNXModel(source, batch: nil) }
        do {
            return try ONNXModel(source, batch: batch)
        } catch let error as ImportError {
            // A first extent that is no batch belongs to the sample.
            do { return try ONNXModel(source, batch: nil) } catch is ImportError { throw error }
        }
    }
}

/// A tensor at the edge of an imported model.
package struct ONNXTensor: Hashable, Sendable {
    package var name: String
    /// As ONNX has it, the batch included.
    package var extents: [Int]
    /// Its axes in memory's order; those of extent 1, and the batch's, may be missing.
    package var memory: [Int]
    /// Whether axis 0 counts samples, several in the file.
    package var isBatched: Bool
}

/// An imported float model.
package struct ONNXModel: Sendable {
    package let model: Model
    package let inputs: [ONNXTensor]
    package let outputs: [ONNXTensor]
    /// By layer: how the file quantizes its output; empty of a float model.
    package let quantizations: [String: Quantization]
    /// By layer: the scale of each output channel's weights, where they were integers.
    package let weightScales: [String: [Float]]

    /// - Parameter batch: the first extent of every input, where it counts samples.
    init(_ source: ONNXSource, batch: Int?) throws {
        var graph = GraphImport(
            batch: batch, readers: source.order.readers, outputNames: Set(source.outputs),
            constantElements: source.constants.reduce(0) { $0 + $1.value.count })
        var inputs: [ONNXTensor] = []
        for (name, constant) in source.constants { graph.define(name, .constant(constant)) }
        for input in source.inputs {
            let memory = input.memory(batch: batch, source.order.nodes)
            let layout = Layout(input.extents, isBatched: batch != nil, memory: memory)
            let shape = memory.map { input.extents[$0] }
            let node = try graph.builder.append(
                .input(Shape(shape.isEmpty ? [1] : shape)), [], shape: shape.isEmpty ? [1] : shape, name: input.name)
            graph.define(input.name, .computed(Value(node: node, layout: layout, isInteger: input.isInteger)))
            inputs.append(
                ONNXTensor(name: input.name, extents: input.extents, memory: memory, isBatched: batch != nil))
        }
        for node in source.order.nodes { try graph.run(node) }
        var outputs: [ONNXTensor] = []
        var nodes: [Int] = []
        for name in source.outputs {
            let value = try graph.output(name)
            nodes.append(value.node)
            outputs.append(
                ONNXTensor(
                    name: name, extents: value.extents, memory: value.layout.memoryAxes ?? [],
                    isBatched: value.layout.isBatched))
        }
        self.inputs = inputs
        self.outputs = outputs
        let names = graph.builder.nodes.map(\.name)
        quantizations = Dictionary(uniqueKeysWithValues: graph.quantizations.map { (names[$0], $1) })
        weightScales = Dictionary(uniqueKeysWithValues: graph.weightScales.map { (names[$0], $1) })
        var metadata = Metadata()
        for tensor in inputs + outputs { metadata.notes["onnx \(tensor.name)"] = tensor.note }
        do {
            model = try graph.builder.model(outputs: nodes, metadata: metadata)
        } catch let error as GraphError {
            throw ImportError(error.description)
        }
    }
}

extension ONNXTensor {
    /// Where the tensor's axes are, for whoever feeds or reads the model.
    fileprivate var note: String {
        let axes = memory.map { "\($0)" }.joined(separator: ", ")
        return "\(extents.words) in ONNX, axes here in the order \(axes.isEmpty ? "of ONNX" : axes)"
    }
}

extension GraphImport {
    /// A value as an output of the model: in ONNX's order, or channels last.
    fileprivate mutating func output(_ name: String) throws -> Value {
        guard let operand = operands[name] else { throw ImportError("the output '\(name)' has no value") }
        var value: Value
        switch operand {
        case .computed(let computed): value = computed
        case .constant(let constant):
            value = Value(
                node: try constantLayer(constant, named: name), layout: Layout(constant.extents, isBatched: false))
        }
        let rank = value.extents.count
        let channelsLast = Array(2..<max(2, rank)) + [1]
        let isChannelsLast = rank >= 3 && value.layout.order == value.layout.factors(of: channelsLast)
        if !value.layout.isRowMajor, !isChannelsLast { value = try rowMajor(value) }
        // An input handed on, or one layer for two outputs, is a layer of its own.
        if case .input = builder.nodes[value.node].layer {
            let shape = builder.shapes[value.node]
            value.node = try builder.append(.reshape(Shape(shape)), [value.node], shape: shape, name: name)
        }
        return value
    }
}
