// SPDX-License-Identifier: Apache-2.0
// A graph compiled for training: one call is one step of forward, loss, backward and update.

import CTrainKernels
import NNQGraph

package final class TrainingEngine {
    package let batch: Int
    package let loss: Loss
    /// Values a sample that the loss sees.
    package let outputCount: Int
    private let device: Device
    private let clock: Clock
    private let parameters: [Parameter]
    private let arena: ParameterArena
    private let averages: ParameterAverages?
    private let clipNorm: Float?
    private let distillation: Distillation?
    private let memory: Block
    private let forward: [Step]
    private let backward: [Step]
    private let inputMemory: Memory
    private let outputs: Memory
    private let gradient: Memory

    package init(_ model: Model, batch: Int, loss: Loss, options: TrainingOptions) throws {
        self.batch = batch
        self.loss = loss
        let node = try loss.node(in: model.graph)
        device = try Device(threads: options.threads)
        let compiler = try Compiler(
            graph: model.graph, batch: batch, isTraining: true, sumsPlainly: false, ends: [node], kept: [],
            metadata: model.metadata, device: device)
        let shape = compiler.shapes[node]
        outputCount = shape.count
        guard compiler.fusion.needsGradient[node] else {
            throw TrainError("the graph has no parameters to train: add a dense or convolution layer")
        }
        inputMemory = compiler.samples(model.graph.inputs[0])
        outputs = try compiler.plain(compiler.value(node), shape, "outputs")
        gradient = try compiler.memory(outputs.layout)
        let forwardCount = compiler.steps.count
        // Between forward and backward: the loss reads the outputs and writes their gradient.
        compiler.emit("loss", touching: [outputs, gradient]) {}
        try compiler.compileBackward(from: node, gradient: gradient)
        clock = compiler.clock
        clock.seed = options.seed
        parameters = compiler.parameters
        arena = try ParameterArena(parameters, of: model.graph, options: options, device)
        if let decay = options.averageDecay {
            averages = try ParameterAverages(parameters, decay: decay, device)
        } else {
            averages = nil
        }
        clipNorm = options.clipNorm
        distillation = options.distillation
        forward = Array(compiler.steps[..<forwardCount])
        backward = Array(compiler.steps[(forwardCount + 1)...])
        memory = try compiler.finish()
        try load(model.parameters)
    }

    /// Where a batch of normalised samples goes, NHWC.
    package var input: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: inputMemory.floats, count: inputMemory.layout.count)
    }

    /// Steps done.
    package var step: UInt64 {
        get { clock.step }
        set { clock.step = newValue }
    }

    /// Learns from the batch that `input` and `targets` hold.
    package func learn(_ targets: TargetBuffer, rate: Float) throws -> LossValue {
        let value = try computeGradients(targets)
        guard value.loss.isFinite else { return value }
        clock.step += 1
        if let clipNorm { arena.clipGradients(to: clipNorm) }
        arena.update(rate: rate, step: clock.step)
        averages?.update(step: clock.step)
        return value
    }

    /// Forward, loss and backward; parameters stay as they are.
    package func computeGradients(_ targets: TargetBuffer) throws -> LossValue {
        try device.run(forward)
        var value = loss(
            outputs: outputs.floats, targets, rows: batch, columns: outputCount, gradient: gradient.floats)
        if let distillation, let teacher = targets.teacherLogits {
            let soft = nnq_distillation(
                gradient.floats, outputs.floats, teacher, batch, outputCount, distillation.temperature,
                distillation.weight)
            value.loss = Double(1 - distillation.weight) * value.loss + Double(distillation.weight) * soft
        }
        guard value.loss.isFinite else { return value }
        try device.run(backward)
        return value
    }

    package func load(_ tensors: [String: Tensor]) throws {
        for parameter in parameters { try parameter.write(tensors[parameter.name]!, to: parameter.value) }
        averages?.restart()
    }

    /// The moving averages of all parameters and running statistics; nil where none are kept.
    package func readAverages() throws -> [String: Tensor]? { try averages?.read() }
    package func writeAverages(_ tensors: [String: Tensor]) throws { try averages?.write(tensors) }

    /// All parameters and running statistics as they are now.
    package func readParameters() throws -> [String: Tensor] {
        try Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, try $0.read($0.value)) })
    }

    /// The gradients of the last step.
    package func readGradients() throws -> [String: Tensor] {
        let trained = parameters.filter { $0.gradient != nil }
        return try Dictionary(uniqueKeysWithValues: trained.map { ($0.name, try $0.read($0.gradient!)) })
    }

    package func readStates() throws -> [String: Tensor] { try arena.readStates() }
    package func writeStates(_ tensors: [String: Tensor]) throws { try arena.writeStates(tensors) }
}
