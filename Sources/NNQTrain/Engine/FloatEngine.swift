// SPDX-License-Identifier: Apache-2.0
// Float inference: a model compiled for one batch size, with the values of chosen layers to look at.

import NNQGraph

/// A float model ready to run. Not for use by two threads at once; make one engine for each.
///
///     let engine = try FloatEngine(model, batch: 32, observing: ["conv2d_1"])
///     engine.input[...] = ...            // normalised samples, NHWC
///     try engine.forward()
///     engine.output                      // the graph's outputs
///     engine.value(of: "conv2d_1")       // the layer's own value, NHWC
public final class FloatEngine {
    /// Samples a call of `forward` computes.
    public let batch: Int
    /// Values in one sample of the (first) input and of the (first) output.
    public let inputCount: Int
    public let outputCount: Int
    private let device: Device
    private let parameters: [Parameter]
    private let steps: [Step]
    private let memory: [Block]
    private let inputMemories: [Memory]
    private let outputMemories: [Memory]
    private let observed: [String: Memory]

    /// - Parameters:
    ///   - observing: Names of layers whose values are to be kept. An observed layer is computed by itself: its value
    ///     is what it is before a following activation.
    ///   - threads: 0 takes one for each processor.
    ///   - sumsPlainly: false lets convolutions take Winograd's algorithm, which is faster and rounds more.
    /// - Throws: `TrainError` for a name that the graph lacks, `GraphError`.
    public init(
        _ model: Model, batch: Int = 64, observing names: [String] = [], threads: Int = 0, sumsPlainly: Bool = true
    ) throws {
        let graph = model.graph
        let nodes = try names.map { name in
            guard let index = graph.nodes.firstIndex(where: { $0.name == name }) else {
                throw TrainError("the graph has no layer '\(name)' to observe")
            }
            return index
        }
        self.batch = batch
        device = try Device(threads: threads)
        let ends = graph.outputs + graph.inputs
        let compiler = try Compiler(
            graph: graph, batch: batch, isTraining: false, sumsPlainly: sumsPlainly, ends: ends, kept: Set(nodes),
            metadata: model.metadata, device: device)
        let plain = try Self.plainValues(compiler, graph.outputs + nodes)
        inputMemories = graph.inputs.map(compiler.samples)
        outputMemories = graph.outputs.map { plain[$0]! }
        observed = Dictionary(zip(names, nodes.map { plain[$0]! })) { first, _ in first }
        inputCount = compiler.shapes[graph.inputs[0]].count
        outputCount = compiler.shapes[graph.outputs[0]].count
        parameters = compiler.parameters
        steps = compiler.steps
        // Of a graph that computes nothing, input and output are one tensor.
        for memory in inputMemories + outputMemories + Array(observed.values) {
            compiler.emit("hold", touching: [memory]) {}
        }
        memory = [try compiler.finish(), try Self.place(parameters)]
        try load(model.parameters)
    }

    private static func plainValues(_ compiler: Compiler, _ nodes: [Int]) throws -> [Int: Memory] {
        var plain: [Int: Memory] = [:]
        for node in nodes where plain[node] == nil {
            let memory = try compiler.plain(
                compiler.value(node), compiler.shapes[node], compiler.graph.nodes[node].name)
            memory.storage.isPinned = true
            plain[node] = memory
        }
        return plain
    }

    /// Places the parameters that no step touches (none, but for layers that are merely views).
    private static func place(_ parameters: [Parameter]) throws -> Block {
        let missing = parameters.filter { $0.value.storage.base == nil }
        let hold = Step(name: "parameters", touches: missing.map(\.value.storage)) {}
        return try MemoryPlan.place([hold])
    }

    /// Takes other parameters of the same graph.
    public func load(_ tensors: [String: Tensor]) throws {
        for parameter in parameters {
            guard let tensor = tensors[parameter.name], tensor.shape == parameter.shape else {
                throw TrainError("parameter '\(parameter.name)' is missing or has another shape")
            }
            try parameter.write(tensor, to: parameter.value)
        }
    }

    /// Room for `batch` normalised samples of the first input, NHWC.
    public var input: UnsafeMutableBufferPointer<Float> { input(0) }

    /// Room for `batch` samples of the graph's input number `index`.
    public func input(_ index: Int) -> UnsafeMutableBufferPointer<Float> {
        let memory = inputMemories[index]
        return UnsafeMutableBufferPointer(start: memory.floats, count: memory.layout.count)
    }

    /// The first output of each of the `batch` samples, as the last `forward` left it.
    public var output: UnsafeBufferPointer<Float> { output(0) }

    public func output(_ index: Int) -> UnsafeBufferPointer<Float> { Self.values(outputMemories[index]) }

    /// An observed layer's value for each of the `batch` samples: NHWC.
    /// - Precondition: The layer's name was given when the engine was made.
    public func value(of name: String) -> UnsafeBufferPointer<Float> {
        guard let memory = observed[name] else { preconditionFailure("layer '\(name)' is not observed") }
        return Self.values(memory)
    }

    private static func values(_ memory: Memory) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(start: memory.floats, count: memory.layout.count)
    }

    /// Computes outputs and observed values from what `input` holds.
    public func forward() throws {
        try device.run(steps)
    }

    /// The outputs of any number of normalised samples.
    /// - Throws: `TrainError` where `samples` holds no whole number of them.
    public func run(_ samples: [Float]) throws -> [Float] {
        guard samples.count % inputCount == 0 else {
            throw TrainError("\(samples.count) values are no whole number of samples of \(inputCount)")
        }
        let count = samples.count / inputCount
        var results: [Float] = []
        results.reserveCapacity(count * outputCount)
        for first in stride(from: 0, to: count, by: batch) {
            let rows = min(batch, count - first)
            samples.withUnsafeBufferPointer {
                let chosen = UnsafeBufferPointer(rebasing: $0[first * inputCount..<(first + rows) * inputCount])
                _ = input.update(fromContentsOf: chosen)
            }
            try forward()
            results.append(contentsOf: output[..<(rows * outputCount)])
        }
        return results
    }
}
