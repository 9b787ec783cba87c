// SPDX-License-Identifier: Apache-2.0
// The walk over an ONNX graph that builds the float graph; each operator's own rule is in Operators+<Kind>.swift.

import NNQFormat
import NNQGraph
import ONNXProto

/// A tensor that is computed while the model runs.
struct Value {
    /// The layer that computes it.
    var node: Int
    var layout: Layout
    /// Whether it holds whole numbers: indices and classes, of which no layer but `embedding` makes use.
    var isInteger = false
    /// Between a QuantizeLinear and a DequantizeLinear: how the integers stand for real numbers.
    var quantization: Quantization?

    var extents: ONNXExtents { layout.extents }
}

/// What an ONNX name stands for.
enum ONNXOperand {
    case constant(Constant)
    case computed(Value)

    var extents: ONNXExtents {
        switch self {
        case .constant(let constant): constant.extents
        case .computed(let value): value.extents
        }
    }
}

/// A float graph in the making.
struct GraphImport {
    var builder = GraphBuilder()
    /// Samples in the first extent of every input, where it is the batch and more than one.
    let batch: Int?
    /// How many operators and outputs read a name.
    let readers: [String: Int]
    /// The graph's outputs.
    let outputNames: Set<String>
    private(set) var operands: [String: ONNXOperand] = [:]
    /// By layer: the ONNX name of what it computes.
    private(set) var results: [Int: String] = [:]
    /// By layer: how the file quantizes what it computes, and its weights.
    var quantizations: [Int: Quantization] = [:]
    var weightScales: [Int: [Float]] = [:]
    /// Elements that folding may still make.
    var foldingBudget: Int

    /// - Parameter constantElements: those of all tensors in the file; folding may make 16 times as many, or 2^22.
    init(batch: Int?, readers: [String: Int], outputNames: Set<String>, constantElements: Int) {
        foldingBudget = max(1 << 22, min(constantElements, 1 << 26) * 16)
        self.batch = batch
        self.readers = readers
        self.outputNames = outputNames
    }

    mutating func define(_ name: String, _ operand: ONNXOperand) { operands[name] = operand }

    /// Runs one operator: on constants at once, else as layers.
    mutating func run(_ node: ONNXNode) throws {
        do {
            let results = try folded(node) ?? layers(node)
            for (index, name) in node.outputs.enumerated() where !name.isEmpty {
                guard index < results.count else {
                    if readers[name, default: 0] == 0 { continue }
                    throw ImportError("its output \(index) ('\(name)') is read, and nnq does not compute it")
                }
                operands[name] = results[index]
                if case .computed(let value) = results[index], self.results[value.node] == nil {
                    self.results[value.node] = name
                }
            }
        } catch let error as ImportError {
            throw error.description.hasPrefix("node '") ? error : node.error(error.description)
        }
    }

    private mutating func layers(_ node: ONNXNode) throws -> [ONNXOperand] {
        guard let rule = Operators.all[node.operation] else {
            throw ImportError("nnq has no layer for this operator: replace it before exporting")
        }
        return try rule(&self, node)
    }

    /// An input, which must be given.
    func operand(_ node: ONNXNode, _ index: Int) throws -> ONNXOperand {
        guard node.hasInput(index) else { throw ImportError("its input \(index) is missing") }
        guard let operand = operands[node.inputs[index]] else {
            throw ImportError("reads '\(node.inputs[index])', which has no value")
        }
        return operand
    }

    func optionalOperand(_ node: ONNXNode, _ index: Int) throws -> ONNXOperand? {
        node.hasInput(index) ? try operand(node, index) : nil
    }

    /// An input that must be known while importing; nil where it is not given.
    func constant(_ node: ONNXNode, _ index: Int, _ meaning: String) throws -> Constant? {
        guard let operand = try optionalOperand(node, index) else { return nil }
        guard case .constant(let constant) = operand else {
            throw ImportError(
                "its \(meaning) ('\(node.inputs[index])') is computed while the model runs; nnq needs it as a constant")
        }
        return constant
    }

    /// An input of floats as a value of the graph.
    mutating func value(_ node: ONNXNode, _ index: Int) throws -> Value {
        let value = try anyValue(node, index)
        guard !value.isInteger else {
            throw ImportError("its input '\(node.inputs[index])' holds integers; nnq computes with floats only")
        }
        return value
    }

    /// An input of floats or of integers.
    mutating func anyValue(_ node: ONNXNode, _ index: Int) throws -> Value {
        switch try operand(node, index) {
        case .computed(let value): return value
        case .constant(let constant): return try computed(constant, node)
        }
    }

    /// A constant as a layer.
    mutating func computed(_ constant: Constant, _ node: ONNXNode) throws -> Value {
        guard !constant.isInteger else { throw ImportError("a constant of integers meets values of the graph") }
        let layout = Layout(constant.extents, isBatched: false)
        return Value(node: try constantLayer(constant, named: node.name), layout: layout)
    }

    /// The layer of a constant, in ONNX's order.
    mutating func constantLayer(_ constant: Constant, named name: String) throws -> Int {
        let shape = constant.extents.isEmpty ? [1] : constant.extents
        return try builder.append(
            .constant(Shape(shape)), [], shape: shape, name: "\(name).constant",
            ["value": try Tensor(fitting: shape, values: constant.floats)])
    }

    /// Whether nobody but one reader sees what the layer of `name` computes, so that it may change.
    func isPrivate(_ name: String, _ value: Value) -> Bool {
        results[value.node] == name && readers[name] == 1 && !outputNames.contains(name)
    }
}

/// Thrown where an operator mixes samples of the batch.
extension ImportError {
    static func mixesBatch() -> ImportError {
        ImportError("mixes the samples of a batch: export the model with a batch of 1")
    }
}
